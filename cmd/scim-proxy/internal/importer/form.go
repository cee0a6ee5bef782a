package importer

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// look is how many bytes of a file show its encoding and its separator.
const look = 4096

// asUTF8 says how to convert a file. The name of the encoding is for iconv.
func asUTF8(encoding string) string {
	return "save it as UTF-8 (in a spreadsheet: CSV UTF-8), such as with: iconv -f " + encoding + " -t UTF-8"
}

// utf16 is the error of a file whose beginning is UTF-16, by its byte order mark or by the zero
// bytes of Latin letters; nil for another file.
func utf16(start []byte) error {
	order := ""
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), len(start) > 3 && start[1] == 0 && start[3] == 0:
		order = "LE"
	case bytes.HasPrefix(start, []byte("\xfe\xff")), len(start) > 3 && start[0] == 0 && start[2] == 0:
		order = "BE"
	default:
		return nil
	}
	return form("the file is UTF-16%s: %s", order, asUTF8("UTF-16"+order))
}

// notUTF8 describes a text that is not UTF-8 by its first byte that is wrong. The encodings that
// files of users have otherwise are Windows-1252 and its part Latin-1.
func notUTF8(text string) error {
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r != utf8.RuneError || size > 1 {
			continue
		}
		b := text[i]
		if b < 0xA0 { // Latin-1 has control characters there
			return fmt.Errorf("is not UTF-8: its byte 0x%X is probably Windows-1252: %s", b, asUTF8("WINDOWS-1252"))
		}
		return fmt.Errorf("is not UTF-8: its byte 0x%X is probably the %c of Latin-1 (ISO 8859-1) or Windows-1252: %s", b, rune(b), asUTF8("WINDOWS-1252"))
	}
	return nil
}

// separated is the error of a CSV file whose header has another separator than a comma, nil if its
// columns are separated by commas, or are not those of users.
func separated(start []byte) error {
	header, _, _ := strings.Cut(string(start), "\n")
	has := func(separator string) bool {
		for cell := range strings.SplitSeq(header, separator) {
			if strings.EqualFold(strings.Trim(cell, "\"' \r"), "userName") {
				return true
			}
		}
		return false
	}
	if has(",") {
		return nil
	}
	for _, s := range []struct{ separator, name string }{{";", "semicolons (;)"}, {"\t", "tabs"}, {"|", "vertical bars (|)"}} {
		if strings.Contains(header, s.separator) && has(s.separator) {
			return form("its columns are separated by %s, and import needs commas: save it again with commas as the separator", s.name)
		}
	}
	return nil
}
