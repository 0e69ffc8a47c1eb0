/* utf8.h - what UTF-8 is: no overlong forms, no surrogates, nothing above
 * U+10FFFF. A NUL is a character. Any thread. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include "common/str.h"

/* The length of the character that s, which is not empty, begins with; 0: none
 * does. */
size_t utf8_char(struct str s);

/* How many leading bytes of s are whole characters. */
size_t utf8_good(struct str s);

#endif
