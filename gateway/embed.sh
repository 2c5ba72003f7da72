#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh FILE...: the files as C, for static_data.c
#
# Each becomes an array of bytes, its length, and an entity tag from its
# checksum. Names come from the file's own: style.css is static_style_css.
set -eu
export LC_ALL=C
printf '/* Made by embed.sh; changes are lost. */\n#include "static_data.h"\n'
for file in "$@"; do
	name=static_$(basename "$file" | tr '.-' '__')
	size=$(wc -c <"$file" | tr -d ' ')
	sum=$(cksum <"$file" | tr ' ' '-')
	printf '\nconst unsigned char %s[] = {\n' "$name"
	od -An -v -tu1 "$file" | sed 's/  */ /g; s/^ //; s/ /, /g; s/$/,/'
	printf '};\nconst size_t %s_len = %s;\n' "$name" "$size"
	printf 'const char %s_etag[] = "\\"%s\\"";\n' "$name" "$sum"
done
