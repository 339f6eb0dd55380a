/* ctype.h for drivers: of ASCII. */
#ifndef WSKSIM_CTYPE_H
#define WSKSIM_CTYPE_H
#define isdigit(Letter) ((unsigned)(Letter) - '0' < 10u)
#define isupper(Letter) ((unsigned)(Letter) - 'A' < 26u)
#define islower(Letter) ((unsigned)(Letter) - 'a' < 26u)
#define isalpha(Letter) (((unsigned)(Letter) | 32u) - 'a' < 26u)
#define isalnum(Letter) (isdigit(Letter) || isalpha(Letter))
#define isxdigit(Letter) (isdigit(Letter) || ((unsigned)(Letter) | 32u) - 'a' < 6u)
#define isspace(Letter) ((Letter) == ' ' || (unsigned)(Letter) - '\t' < 5u)
#define isprint(Letter) ((unsigned)(Letter) - 0x20 < 0x5fu)
#define toupper(Letter) (islower(Letter) ? (Letter) - 32 : (Letter))
#define tolower(Letter) (isupper(Letter) ? (Letter) + 32 : (Letter))
#define towupper(Letter) toupper(Letter)
#define towlower(Letter) tolower(Letter)
#endif
