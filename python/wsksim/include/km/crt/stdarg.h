/* stdarg.h for drivers. */
#ifndef WSKSIM_STDARG_H
#define WSKSIM_STDARG_H
typedef __builtin_va_list va_list;
#define va_start(List, Last) __builtin_va_start(List, Last)
#define va_arg(List, Type) __builtin_va_arg(List, Type)
#define va_copy(List, From) __builtin_va_copy(List, From)
#define va_end(List) __builtin_va_end(List)
#endif
