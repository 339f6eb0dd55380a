/* stdio.h for drivers: the kernel formats, and prints with DbgPrint only. */
#ifndef WSKSIM_STDIO_H
#define WSKSIM_STDIO_H
#include <stdarg.h>
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
/* What was written, or -1 if it did not fit; a format is Windows' own, in which %lu has 32 bits. */
int wsksim_print(char *Text, size_t Count, const char *Format, ...);
int wsksim_vprint(char *Text, size_t Count, const char *Format, va_list List);
int wsksim_wprint(wchar_t *Text, size_t Count, const wchar_t *Format, ...);
int wsksim_vwprint(wchar_t *Text, size_t Count, const wchar_t *Format, va_list List);
#ifdef __cplusplus
}
#endif
#define _snprintf wsksim_print
#define snprintf wsksim_print
#define sprintf_s wsksim_print
#define _vsnprintf wsksim_vprint
#define vsnprintf wsksim_vprint
#define vsprintf_s wsksim_vprint
#define sprintf(Text, ...) wsksim_print((Text), (size_t)-1 >> 1, __VA_ARGS__)
#define vsprintf(Text, Format, List) wsksim_vprint((Text), (size_t)-1 >> 1, (Format), (List))
#define _snwprintf wsksim_wprint
#define swprintf_s wsksim_wprint
#define _vsnwprintf wsksim_vwprint
#define _snprintf_s(Text, Size, Count, ...) wsksim_print((Text), (Size), __VA_ARGS__)
#endif
