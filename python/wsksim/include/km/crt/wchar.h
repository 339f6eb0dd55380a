/* wchar.h for drivers: of letters with 16 bits, so that no function of libc's is called with them. */
#ifndef WSKSIM_WCHAR_H
#define WSKSIM_WCHAR_H
#include <stddef.h>

static __inline size_t wcslen(const wchar_t *Text)
{
    size_t length = 0;

    while (Text[length] != 0) {
        length++;
    }
    return length;
}

static __inline size_t wcsnlen(const wchar_t *Text, size_t Count)
{
    size_t length = 0;

    while (length < Count && Text[length] != 0) {
        length++;
    }
    return length;
}

static __inline int wcsncmp(const wchar_t *One, const wchar_t *Other, size_t Count)
{
    for (; Count > 0; Count--, One++, Other++) {
        if (*One != *Other || *One == 0) {
            return (int)*One - (int)*Other;
        }
    }
    return 0;
}

static __inline int wcscmp(const wchar_t *One, const wchar_t *Other)
{
    return wcsncmp(One, Other, (size_t)-1);
}

static __inline wchar_t wsksim_lower(wchar_t Letter)
{
    return Letter >= 'A' && Letter <= 'Z' ? (wchar_t)(Letter + ('a' - 'A')) : Letter;
}

static __inline int _wcsnicmp(const wchar_t *One, const wchar_t *Other, size_t Count)
{
    for (; Count > 0; Count--, One++, Other++) {
        if (wsksim_lower(*One) != wsksim_lower(*Other) || *One == 0) {
            return (int)wsksim_lower(*One) - (int)wsksim_lower(*Other);
        }
    }
    return 0;
}

static __inline int _wcsicmp(const wchar_t *One, const wchar_t *Other)
{
    return _wcsnicmp(One, Other, (size_t)-1);
}

static __inline wchar_t *wcsncpy(wchar_t *Destination, const wchar_t *Source, size_t Count)
{
    size_t place = 0;

    for (; place < Count && Source[place] != 0; place++) {
        Destination[place] = Source[place];
    }
    for (; place < Count; place++) {
        Destination[place] = 0;
    }
    return Destination;
}

static __inline wchar_t *wcscpy(wchar_t *Destination, const wchar_t *Source)
{
    return wcsncpy(Destination, Source, wcslen(Source) + 1);
}

static __inline wchar_t *wcscat(wchar_t *Destination, const wchar_t *Source)
{
    wcscpy(Destination + wcslen(Destination), Source);
    return Destination;
}

static __inline wchar_t *wcschr(const wchar_t *Text, wchar_t Letter)
{
    for (;; Text++) {
        if (*Text == Letter) {
            return (wchar_t *)Text;
        }
        if (*Text == 0) {
            return NULL;
        }
    }
}

static __inline wchar_t *wcsrchr(const wchar_t *Text, wchar_t Letter)
{
    const wchar_t *found = NULL;

    for (;; Text++) {
        if (*Text == Letter) {
            found = Text;
        }
        if (*Text == 0) {
            return (wchar_t *)found;
        }
    }
}

static __inline wchar_t *wcsstr(const wchar_t *Text, const wchar_t *Part)
{
    size_t length = wcslen(Part);

    for (;; Text++) {
        if (wcsncmp(Text, Part, length) == 0) {
            return (wchar_t *)Text;
        }
        if (*Text == 0) {
            return NULL;
        }
    }
}
#endif
