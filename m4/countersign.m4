dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl Macros of configure.ac: switches, flags that are used only where the
dnl compiler takes them without a word, and libraries with their package.

dnl CSN_SWITCH(name, default, help): --enable-name, "yes" or "no" and nothing
dnl else, with the conditional ENABLE_NAME.
AC_DEFUN([CSN_SWITCH], [
AC_ARG_ENABLE([$1],
    [AS_HELP_STRING([m4_if([$2], [yes], [--disable-$1], [--enable-$1])],
        m4_if([$2], [yes], [[leave out $3]], [[$3]]))],
    [], [AS_TR_SH([enable_$1])=$2])
AS_CASE([$AS_TR_SH([enable_$1])], [yes|no], [],
    [AC_MSG_ERROR([--enable-$1 takes yes or no, not $AS_TR_SH([enable_$1])])])
AM_CONDITIONAL(m4_toupper(AS_TR_SH([ENABLE_$1])),
    [test "x$AS_TR_SH([enable_$1])" = xyes])
])

dnl CSN_CC_FLAG(variable, flag): appends a flag that compiles silently.
AC_DEFUN([CSN_CC_FLAG], [
AC_MSG_CHECKING([whether $CC takes $2])
csn_saved=$CFLAGS
CFLAGS="$CFLAGS -Werror $2"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
    [[char b[64]; memset(b, 0, sizeof b); return b[7];]])],
    [AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
CFLAGS=$csn_saved
])

dnl CSN_LD_FLAG(variable, flag): the same for the linker.
AC_DEFUN([CSN_LD_FLAG], [
AC_MSG_CHECKING([whether $CC links with $2])
csn_saved=$LDFLAGS
csn_saved_cflags=$CFLAGS
LDFLAGS="$LDFLAGS $2"
CFLAGS="$CFLAGS $SANITIZE_CFLAGS -fPIE -Werror"
AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
    [AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
LDFLAGS=$csn_saved
CFLAGS=$csn_saved_cflags
])

AC_DEFUN([CSN_WARNINGS], [
m4_foreach_w([csn_flag], [-Wall -Wextra -Wpedantic -Wshadow
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
    -Wformat=2 -Wvla -Wimplicit-fallthrough],
    [CSN_CC_FLAG([WARN_CFLAGS], csn_flag)])
AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])
])

dnl Before CSN_HARDENING, which leaves out what sanitizers cannot bear.
AC_DEFUN([CSN_SANITIZERS], [
AS_IF([test "x$enable_sanitizers" = xyes],
    [SANITIZE_CFLAGS="-fsanitize=address,undefined"
     SANITIZE_CFLAGS="$SANITIZE_CFLAGS -fno-sanitize-recover=all"
     SANITIZE_CFLAGS="$SANITIZE_CFLAGS -fno-omit-frame-pointer"
     AC_DEFINE([CSN_SANITIZED], [1], [a sanitizer is compiled in])])
AS_IF([test "x$enable_thread_sanitizer" = xyes],
    [SANITIZE_CFLAGS="-fsanitize=thread -fno-omit-frame-pointer"
     AC_DEFINE([CSN_SANITIZED], [1], [a sanitizer is compiled in])])
AS_IF([test "x$enable_fuzzers" = xyes],
    [SANITIZE_CFLAGS="$SANITIZE_CFLAGS -fsanitize=fuzzer-no-link"
     FUZZER_LDFLAGS="-fsanitize=fuzzer"])
dnl A sanitizer looks for the crypt_r() behind its own once, at start: a program
dnl that meets libcrypt only by a plugin would call nothing and fall over.
AS_IF([test -n "$SANITIZE_CFLAGS"],
    [SANITIZE_LDFLAGS="-Wl,--push-state,--no-as-needed,-lcrypt,--pop-state"])
AC_SUBST([SANITIZE_CFLAGS])
AC_SUBST([SANITIZE_LDFLAGS])
AC_SUBST([FUZZER_LDFLAGS])
AS_IF([test -n "$SANITIZE_CFLAGS"], [
    AC_MSG_CHECKING([whether $CC can build with $SANITIZE_CFLAGS])
    csn_saved=$CFLAGS
    CFLAGS="$CFLAGS $SANITIZE_CFLAGS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([the sanitizer's runtime is missing (with clang on
Debian: libclang-rt-dev)])])
    CFLAGS=$csn_saved])
])

AC_DEFUN([CSN_HARDENING], [
CSN_CC_FLAG([HARDEN_CFLAGS], [-fvisibility=hidden])
CSN_CC_FLAG([HARDEN_CFLAGS], [-fno-common])
CSN_CC_FLAG([HARDEN_CFLAGS], [-fPIE])
CSN_LD_FLAG([PROGRAM_LDFLAGS], [-pie])
CSN_LD_FLAG([HARDEN_LDFLAGS], [-Wl,-z,relro])
CSN_LD_FLAG([HARDEN_LDFLAGS], [-Wl,-z,now])
CSN_LD_FLAG([HARDEN_LDFLAGS], [-Wl,-z,noexecstack])
CSN_LD_FLAG([HARDEN_LDFLAGS], [-Wl,--as-needed])
AS_IF([test -z "$SANITIZE_CFLAGS"], [
    CSN_CC_FLAG([HARDEN_CFLAGS], [-fstack-protector-strong])
    CSN_CC_FLAG([HARDEN_CFLAGS], [-fstack-clash-protection])
    CSN_CC_FLAG([HARDEN_CFLAGS], [-fcf-protection])
    CSN_CC_FLAG([HARDEN_CPPFLAGS], [-D_FORTIFY_SOURCE=2])
    CSN_LD_FLAG([HARDEN_LDFLAGS], [-Wl,-z,defs])])
AC_SUBST([HARDEN_CPPFLAGS])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
AC_SUBST([PROGRAM_LDFLAGS])
])

dnl By itself gcc clears what is larger than a few words with "rep stos", which
dnl takes as long to begin as a hundred instructions; a session check clears
dnl ten such things.
AC_DEFUN([CSN_SPEED], [
CSN_CC_FLAG([SPEED_CFLAGS],
    [-mmemset-strategy=vector_loop:512:noalign,libcall:-1:noalign])
AC_SUBST([SPEED_CFLAGS])
])

dnl Link-time optimisation of what a session check runs through, for the library
dnl and the daemon; LTO_CFLAGS is for those files, LTO_LDFLAGS for these two,
dnl NO_LTO_LDFLAGS for all that else is linked. Their objects hold both forms,
dnl so that tests link as before and ar needs no plugin; -flto by itself takes
dnl back the -fno-lto of AM_LDFLAGS. Flags of the builder's
dnl own, as distributions have, are left to do as they say.
AC_DEFUN([CSN_LTO], [
AC_ARG_ENABLE([lto], [AS_HELP_STRING([--disable-lto],
    [optimise file by file (default: session checks across files, by gcc,
    without sanitizers)])], [], [enable_lto=auto])
AS_CASE([$enable_lto], [yes|no|auto], [],
    [AC_MSG_ERROR([--enable-lto takes yes or no, not $enable_lto])])
AS_CASE(["$enable_lto $CFLAGS$SANITIZE_CFLAGS "],
    [no*], [],
    [*-flto*], [AC_MSG_NOTICE([link-time optimisation as CFLAGS say])
        enable_lto=no],
    [auto*-fsanitize*|auto*-O0*], [enable_lto=no],
    [*-O*], [CSN_LTO_TRY],
    [enable_lto=no])
AC_SUBST([LTO_CFLAGS])
AC_SUBST([LTO_LDFLAGS])
AC_SUBST([NO_LTO_LDFLAGS])
])

AC_DEFUN([CSN_LTO_TRY], [
AC_MSG_CHECKING([whether $CC optimises across files])
csn_saved=$CFLAGS
CFLAGS="$CFLAGS -Werror -flto=auto -ffat-lto-objects"
AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
    [LTO_CFLAGS="-flto=auto -ffat-lto-objects"
     LTO_LDFLAGS="-flto=auto -flto"
     NO_LTO_LDFLAGS="-Wc,-fno-lto"
     AC_MSG_RESULT([yes])
     enable_lto=yes],
    [AC_MSG_RESULT([no])
     AS_IF([test "x$enable_lto" = xyes],
        [AC_MSG_ERROR([--enable-lto: this compiler does not take -flto=auto
-ffat-lto-objects, or the linker has no plugin])])
     enable_lto=no])
CFLAGS=$csn_saved
])

dnl CSN_MODULE(variable, pkg-config modules, Debian package, [way out])
AC_DEFUN([CSN_MODULE], [
PKG_CHECK_MODULES([$1], [$2], [],
    [AC_MSG_ERROR([missing: $2. On Debian: apt install $3[]m4_ifval([$4],
        [, or configure with $4])])])
])

dnl CSN_LIBRARY(variable, library, function, header, Debian package)
AC_DEFUN([CSN_LIBRARY], [
AC_CHECK_HEADER([$4], [],
    [AC_MSG_ERROR([missing: $4. On Debian: apt install $5])])
AC_CHECK_LIB([$2], [$3], [$1_LIBS=-l$2],
    [AC_CHECK_FUNC([$3], [$1_LIBS=],
        [AC_MSG_ERROR([missing: lib$2. On Debian: apt install $5])])])
AC_SUBST([$1_LIBS])
])
