/* string.h for drivers: the functions that the kernel has too. */
#ifndef WSKSIM_STRING_H
#define WSKSIM_STRING_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
void *memcpy(void *Destination, const void *Source, size_t Count);
void *memmove(void *Destination, const void *Source, size_t Count);
void *memset(void *Destination, int Fill, size_t Count);
int memcmp(const void *One, const void *Other, size_t Count);
void *memchr(const void *Memory, int Byte, size_t Count);
char *strchr(const char *Text, int Letter);
char *strrchr(const char *Text, int Letter);
char *strstr(const char *Text, const char *Part);
size_t strlen(const char *Text);
char *strcpy(char *Destination, const char *Source);
char *strncpy(char *Destination, const char *Source, size_t Count);
char *strcat(char *Destination, const char *Source);
int strcmp(const char *One, const char *Other);
int strncmp(const char *One, const char *Other, size_t Count);
int strcasecmp(const char *One, const char *Other);
int strncasecmp(const char *One, const char *Other, size_t Count);
size_t strnlen(const char *Text, size_t Count);
#ifdef __cplusplus
}
#endif
#define _stricmp strcasecmp
#define _strnicmp strncasecmp
#include <wchar.h>
#endif
