package record

// Size returns an upper bound of the bytes of the overrides in a stored record.
func (rec Record) Size() (n int) {
	for _, p := range rec.Overrides {
		n += p.Size()
	}
	return n
}

// overrideOverhead is an upper bound of the bytes in an override besides its texts.
const overrideOverhead = 100

// Size returns an upper bound of the bytes of an override in a record.
func (p Override) Size() int {
	return overrideOverhead + Quoted(p.Path.URN) + Quoted(p.Path.Name) + Quoted(p.Path.Sub) + Quoted(p.Requested) + Quoted(p.Observed)
}

// Quoted returns an upper bound of the length of a text in JSON, without encoding it.
func Quoted(s string) int {
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			n++
		case c < ' ' || c == '<' || c == '>' || c == '&' || c == 0xE2: // 0xE2 begins U+2028, which is escaped
			n += 5
		}
	}
	return n
}
