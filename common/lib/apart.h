/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apart.h - functions that the compiler keeps apart from those that call them
 *
 * A job may leave its thread in the middle of a function and go on upon
 * another (host/fiber.h). What belongs to a thread, its own variables and
 * errno, lies at an address that compilers take for the same throughout a
 * function, and link-time optimisation makes one function of many files'. So
 * whoever may run in such a job looks them up in a function marked APART: it is
 * not inlined, nor does a caller rely on what it is seen to do.
 */
#ifndef COUNTERSIGN_LIB_APART_H
#define COUNTERSIGN_LIB_APART_H

#ifndef __has_attribute
#define __has_attribute(x) 0
#endif

#if __has_attribute(noipa)
#define APART __attribute__((noipa))
#elif __has_attribute(optnone)
#define APART __attribute__((noinline, optnone))
#else
#define APART __attribute__((noinline))
#endif

#endif
