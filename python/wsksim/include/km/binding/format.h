/*
 * format.h: formats as the kernel has them. %lu is of 32 bits, %Iu and %zu of 64, %S and %ls are of wide letters, %wZ is a
 * UNICODE_STRING, %Z an ANSI_STRING. What no kernel formats (%f, %n) is taken and shown as <f> and <n>.
 */

typedef struct _WSKSIM_SINK {
    PVOID Text;
    SIZE_T Room;   /* letters that fit, the final zero included */
    SIZE_T Length; /* letters that the whole text has */
    BOOLEAN IsWide;
} WSKSIM_SINK;

static void wsksim_put(WSKSIM_SINK *sink, WCHAR letter)
{
    if (sink->Length + 1 < sink->Room) {
        if (sink->IsWide) {
            ((PWCHAR)sink->Text)[sink->Length] = letter;
        } else {
            ((PCHAR)sink->Text)[sink->Length] = (CHAR)(letter < 0x100 ? letter : '?');
        }
    }
    sink->Length++;
}

static void wsksim_pad(WSKSIM_SINK *sink, int count, WCHAR letter)
{
    for (; count > 0; count--) {
        wsksim_put(sink, letter);
    }
}

static WCHAR wsksim_letter(const VOID *text, SIZE_T place, BOOLEAN is_wide)
{
    return is_wide ? ((const WCHAR *)text)[place] : (WCHAR)((const UCHAR *)text)[place];
}

/* One conversion, as its format says. */
typedef struct _WSKSIM_FIELD {
    int Width;
    int Precision; /* -1: none */
    BOOLEAN IsLeft, IsZero, HasSign, HasSpace, IsAlternate;
    int Bytes;                /* of a number */
    BOOLEAN IsWide, IsNarrow; /* of a text */
} WSKSIM_FIELD;

static void wsksim_put_text(WSKSIM_SINK *sink, const WSKSIM_FIELD *field, const VOID *text, SIZE_T most, BOOLEAN is_wide)
{
    SIZE_T length = 0;

    if (text == NULL) {
        text = "(null)";
        most = 6;
        is_wide = FALSE;
    }
    if (field->Precision >= 0 && (SIZE_T)field->Precision < most) {
        most = (SIZE_T)field->Precision;
    }
    while (length < most && wsksim_letter(text, length, is_wide) != 0) {
        length++;
    }
    if (!field->IsLeft) {
        wsksim_pad(sink, field->Width - (int)length, ' ');
    }
    for (SIZE_T place = 0; place < length; place++) {
        wsksim_put(sink, wsksim_letter(text, place, is_wide));
    }
    if (field->IsLeft) {
        wsksim_pad(sink, field->Width - (int)length, ' ');
    }
}

static void wsksim_put_number(WSKSIM_SINK *sink, const WSKSIM_FIELD *field, ULONG64 value, CHAR kind)
{
    static const char small[] = "0123456789abcdef", large[] = "0123456789ABCDEF";
    const char *digits = kind == 'X' || kind == 'p' ? large : small;
    ULONG base = kind == 'x' || kind == 'X' || kind == 'p' ? 16 : kind == 'o' ? 8 : 10;
    CHAR text[24];
    int length = 0, before = 0, zeros;
    CHAR prefix[2];

    if (kind == 'd' || kind == 'i') {
        LONG64 number = field->Bytes == 8 ? (LONG64)value : field->Bytes == 4 ? (LONG)value : (SHORT)value;
        if (number < 0) {
            prefix[before++] = '-';
            number = (LONG64)(0 - (ULONG64)number);
        } else if (field->HasSign || field->HasSpace) {
            prefix[before++] = field->HasSign ? '+' : ' ';
        }
        value = (ULONG64)number;
    } else if (field->Bytes == 4) {
        value = (ULONG)value;
    } else if (field->Bytes == 2) {
        value = (USHORT)value;
    }
    if (field->IsAlternate && base == 16 && value != 0 && kind != 'p') {
        prefix[before++] = '0';
        prefix[before++] = kind;
    }
    for (; value != 0; value /= base) {
        text[length++] = digits[value % base];
    }
    if (length == 0 && field->Precision != 0) {
        text[length++] = '0';
    }
    zeros = field->Precision - length;
    if (field->Precision < 0 && field->IsZero && !field->IsLeft) {
        zeros = field->Width - length - before;
    }
    zeros = zeros > 0 ? zeros : 0;
    if (!field->IsLeft) {
        wsksim_pad(sink, field->Width - length - before - zeros, ' ');
    }
    for (int place = 0; place < before; place++) {
        wsksim_put(sink, (WCHAR)prefix[place]);
    }
    wsksim_pad(sink, zeros, '0');
    for (int place = length; place > 0; place--) {
        wsksim_put(sink, (WCHAR)text[place - 1]);
    }
    if (field->IsLeft) {
        wsksim_pad(sink, field->Width - length - before - zeros, ' ');
    }
}

typedef struct _WSKSIM_FORMAT {
    const VOID *Text;
    SIZE_T Place;
    BOOLEAN IsWide;
    va_list List;
} WSKSIM_FORMAT;

static WCHAR wsksim_peek(const WSKSIM_FORMAT *format)
{
    return wsksim_letter(format->Text, format->Place, format->IsWide);
}

static int wsksim_take_number(WSKSIM_FORMAT *format)
{
    int number = 0;

    if (wsksim_peek(format) == '*') {
        format->Place++;
        return va_arg(format->List, int);
    }
    for (; wsksim_peek(format) >= '0' && wsksim_peek(format) <= '9'; format->Place++) {
        number = number < 100000 ? number * 10 + (int)(wsksim_peek(format) - '0') : number;
    }
    return number;
}

/* Reads everything of a conversion but its letter. */
static void wsksim_take_field(WSKSIM_FORMAT *format, WSKSIM_FIELD *field)
{
    for (;; format->Place++) {
        switch (wsksim_peek(format)) {
        case '-': field->IsLeft = TRUE; continue;
        case '0': field->IsZero = TRUE; continue;
        case '+': field->HasSign = TRUE; continue;
        case ' ': field->HasSpace = TRUE; continue;
        case '#': field->IsAlternate = TRUE; continue;
        default: break;
        }
        break;
    }
    field->Width = wsksim_take_number(format);
    if (field->Width < 0) {
        field->IsLeft = TRUE;
        field->Width = -field->Width;
    }
    if (wsksim_peek(format) == '.') {
        format->Place++;
        field->Precision = wsksim_take_number(format);
    }
    for (;; format->Place++) {
        WCHAR letter = wsksim_peek(format);
        if (letter == 'h') {
            field->Bytes = 2;
            field->IsNarrow = TRUE;
        } else if (letter == 'l' || letter == 'w') {
            field->Bytes = field->IsWide && letter == 'l' ? 8 : field->Bytes;
            field->IsWide = TRUE;
        } else if (letter == 'z' || letter == 'j' || letter == 't') {
            field->Bytes = 8;
        } else if (letter == 'I') {
            WCHAR next = wsksim_letter(format->Text, format->Place + 1, format->IsWide);
            field->Bytes = next == '3' ? 4 : 8;
            format->Place += next == '3' || next == '6' ? 2 : 0;
        } else {
            return;
        }
    }
}

static void wsksim_put_field(WSKSIM_SINK *sink, WSKSIM_FORMAT *format)
{
    WSKSIM_FIELD field = {0, -1, FALSE, FALSE, FALSE, FALSE, FALSE, 4, FALSE, FALSE};
    WCHAR kind, letters[2] = {0, 0};
    BOOLEAN is_wide;

    wsksim_take_field(format, &field);
    kind = wsksim_peek(format);
    format->Place += kind != 0;
    is_wide = !field.IsNarrow && (field.IsWide || (kind == 'S') != format->IsWide);
    switch (kind) {
    case 'p':
        field.Bytes = 8;
        field.Precision = 16;
        wsksim_put_number(sink, &field, (ULONG64)(ULONG_PTR)va_arg(format->List, PVOID), 'p');
        break;
    case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
        wsksim_put_number(sink, &field, field.Bytes == 8 ? va_arg(format->List, ULONG64) : va_arg(format->List, ULONG),
                          (CHAR)kind);
        break;
    case 'c': case 'C':
        letters[0] = (WCHAR)va_arg(format->List, int);
        wsksim_put_text(sink, &field, letters, 1, TRUE);
        break;
    case 's': case 'S':
        wsksim_put_text(sink, &field, va_arg(format->List, PVOID), ~(SIZE_T)0, is_wide);
        break;
    case 'Z': {
        PUNICODE_STRING string = va_arg(format->List, PUNICODE_STRING);
        SIZE_T size = field.IsWide ? sizeof(WCHAR) : 1;
        wsksim_put_text(sink, &field, string ? string->Buffer : NULL, string ? string->Length / size : 0, field.IsWide);
        break;
    }
    case 'f': case 'F': case 'e': case 'E': case 'g': case 'G':
        (void)va_arg(format->List, double);
        wsksim_put(sink, '<');
        wsksim_put(sink, kind);
        wsksim_put(sink, '>');
        break;
    case 'n':
        (void)va_arg(format->List, PVOID);
        wsksim_put_text(sink, &field, "<n>", 3, FALSE);
        break;
    case 0:
        break;
    default:
        wsksim_put(sink, kind);
        break;
    }
}

/* How many letters the whole text has; as many as fit are written, and a final zero. */
static SIZE_T wsksim_format(WSKSIM_SINK *sink, WSKSIM_FORMAT *format)
{
    while (wsksim_peek(format) != 0) {
        WCHAR letter = wsksim_peek(format);
        format->Place++;
        if (letter == '%') {
            wsksim_put_field(sink, format);
        } else {
            wsksim_put(sink, letter);
        }
    }
    if (sink->Room > 0) {
        SIZE_T end = sink->Length < sink->Room ? sink->Length : sink->Room - 1;
        if (sink->IsWide) {
            ((PWCHAR)sink->Text)[end] = 0;
        } else {
            ((PCHAR)sink->Text)[end] = 0;
        }
    }
    return sink->Length;
}

static int wsksim_print_to(PVOID Text, SIZE_T Count, const VOID *Format, BOOLEAN IsWide, va_list List)
{
    WSKSIM_SINK sink = {Text, Count, 0, IsWide};
    WSKSIM_FORMAT format;
    SIZE_T length;

    format.Text = Format;
    format.Place = 0;
    format.IsWide = IsWide;
    va_copy(format.List, List);
    length = wsksim_format(&sink, &format);
    va_end(format.List);
    return length < Count ? (int)length : -1;
}

int wsksim_vprint(char *Text, size_t Count, const char *Format, va_list List)
{
    return wsksim_print_to(Text, Count, Format, FALSE, List);
}

int wsksim_vwprint(wchar_t *Text, size_t Count, const wchar_t *Format, va_list List)
{
    return wsksim_print_to(Text, Count, Format, TRUE, List);
}

int wsksim_print(char *Text, size_t Count, const char *Format, ...)
{
    va_list list;
    int length;

    va_start(list, Format);
    length = wsksim_print_to(Text, Count, Format, FALSE, list);
    va_end(list);
    return length;
}

int wsksim_wprint(wchar_t *Text, size_t Count, const wchar_t *Format, ...)
{
    va_list list;
    int length;

    va_start(list, Format);
    length = wsksim_print_to(Text, Count, Format, TRUE, list);
    va_end(list);
    return length;
}

/* As in Windows, one message has at most 512 letters. */
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list List)
{
    CHAR text[512];
    int length = wsksim_print_to(text, sizeof(text), Format, FALSE, List);

    wsksim_print_text(ComponentId, Level, text, length < 0 ? sizeof(text) - 1 : (SIZE_T)length);
    return STATUS_SUCCESS;
}

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list list;

    va_start(list, Format);
    vDbgPrintEx(ComponentId, Level, Format, list);
    va_end(list);
    return STATUS_SUCCESS;
}

ULONG DbgPrint(PCSTR Format, ...)
{
    va_list list;

    va_start(list, Format);
    vDbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, list);
    va_end(list);
    return STATUS_SUCCESS;
}
