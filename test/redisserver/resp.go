package redisserver

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Do sends one command as an administrator, on a new connection, and returns the reply as text.
// The elements of an array are joined by line ends.
func (s *Server) Do(args ...string) (string, error) { return s.as(admin, s.secret, args...) }

func (s *Server) as(user, password string, args ...string) (string, error) {
	conn, err := s.dial()
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		return "", err
	}
	r := bufio.NewReader(conn)
	if _, err := ask(conn, r, "AUTH", user, password); err != nil {
		return "", err
	}
	return ask(conn, r, args...)
}

func (s *Server) dial() (net.Conn, error) {
	if s.certs == nil {
		return net.Dial("tcp", s.Addr)
	}
	return tls.Dial("tcp", s.Addr, s.ClientTLS())
}

// ask sends a command and reads the reply in the part of RESP2 that Do supports.
func ask(w io.Writer, r *bufio.Reader, args ...string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return "", err
	}
	return reply(r)
}

func reply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	kind, rest := line[:min(1, len(line))], line[min(1, len(line)):]
	switch kind {
	case "+", ":":
		return rest, nil
	case "-":
		return "", errors.New(rest)
	}
	n, err := strconv.Atoi(rest)
	switch {
	case err != nil, n < 0, kind != "$" && kind != "*":
		return "", fmt.Errorf("reply %q", line)
	case kind == "$":
		bulk := make([]byte, n+2) // with the end of the line
		_, err = io.ReadFull(r, bulk)
		return string(bulk[:n]), err
	}
	elements := make([]string, n)
	for i := range elements {
		if elements[i], err = reply(r); err != nil {
			return "", err
		}
	}
	return strings.Join(elements, "\n"), nil
}
