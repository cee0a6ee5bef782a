package names

import "keycloak-scim-proxy/proxy/scim/document"

// maxDistance is the largest number of errors in a name that is taken for a misspelt one, one in
// four characters at most: "dispalyName", "user_name" and "emal" are misspelt, and "uid",
// "phones" and "userRole" are names of their own.
const maxDistance = 2

// nearest returns the known name that a name is taken for, or "". Letter case does not count.
func nearest(name string, known []string) string {
	name = document.Fold(name)
	best, least := "", maxDistance+1
	for _, k := range known {
		if d := distance(name, document.Fold(k)); d < least && d*4 <= max(len(name), len(k)) {
			best, least = k, d
		}
	}
	return best
}

// distance is the number of bytes that are inserted, removed, replaced or exchanged with the next
// one to turn a into b (optimal string alignment). It is maxDistance+1 if it is more.
func distance(a, b string) int {
	if a, b = inner(a, b); max(len(a), len(b))-min(len(a), len(b)) > maxDistance || len(a) > maxInner {
		return maxDistance + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], maxDistance+1)
}

// maxInner bounds what is compared: two errors in a name are not further apart.
const maxInner = 64

// inner removes what two names begin and end with alike.
func inner(a, b string) (string, string) {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b
}
