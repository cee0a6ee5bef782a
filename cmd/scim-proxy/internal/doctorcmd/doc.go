// Package doctorcmd has scim-proxy doctor: the flags and the output of package doctor.
package doctorcmd
