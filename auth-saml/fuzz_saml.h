/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_saml.h - the certificate of tests/saml/simplesamlphp, for which genuine
 * seeds are signed
 */
#ifndef AUTH_SAML_FUZZ_SAML_H
#define AUTH_SAML_FUZZ_SAML_H

static const char fuzz_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIC/TCCAeWgAwIBAgIUF/FAkvd/OuudaNgryZkUr6BlPvwwDQYJKoZIhvcNAQEL\n"
    "BQAwDjEMMAoGA1UEAwwDaWRwMB4XDTI2MTEzMDE1MzQzOVoXDTI2MTIzMDE1MzQz\n"
    "OVowDjEMMAoGA1UEAwwDaWRwMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKC\n"
    "AQEAnLolccNO1LW5APPf+oL/EPmdv4cVCwvGg/dlDVX3B1gHR80qu+QuUR/4sZrh\n"
    "HlJkJ6lJuo1EXKhm+jHB0VJmpr6xDv7CPcLHZRIP5oQ3YD7y0qJ9f9nkvsiWw6Um\n"
    "Y9WZKHwurBvxS69SQUwOZlm+eFW06am4yxzAbtA4ywKVMQTbATyNWffA8n5Et6GF\n"
    "0y/DWjXYr3F9Ojz1zMtIki18qgAAyaHCazGQEJ0dkynAIHUz+/bSNOa0JnWAsVQK\n"
    "f6Dj+oQuUeqLwHuoEXDkeKWZRBj0rzmTu0IQYjkS/V+i6N6xsqm3lwkgK84HNXyQ\n"
    "rnjsS++LYkqyncJYCCKcB1bStwIDAQABo1MwUTAdBgNVHQ4EFgQULuhp7LS4X3Iv\n"
    "umI5Z6cILlCracEwHwYDVR0jBBgwFoAULuhp7LS4X3IvumI5Z6cILlCracEwDwYD\n"
    "VR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEABU3STMmwGkdUQXwOgg7b\n"
    "uisCKajncm+tMUAeQ0gzVN7ma9QYQT8kIOc4vnx/lnUIvUKqWanDlyuBXbUbCXkC\n"
    "U1aR4IdU1k72K7wab+vJ8s2SSvGVXXGwHFrbwQ98WzWUlxTz5P89EbOEQc9+CT3x\n"
    "RjzAJB3luEkLlqR8VnZFDgMLMl7qrYGflM1vuzabX29eddoENfRdrJ+gyQSd3ZbI\n"
    "ypZj3NBLLl4tGqhH/9bPaI+5qGjZ3M01Rq9+w+1A1G2ZOmWIhrxcgB27sZn+ak3v\n"
    "c8US3og4viUAr3hyG6MhD0ZAV453M6GS1kCHaH9neblAHyYyB8NZMTGjFjPzz818\n"
    "Sg==\n"
    "-----END CERTIFICATE-----\n";

#endif
