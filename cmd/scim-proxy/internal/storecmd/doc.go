// Package storecmd has the commands for the store as a whole: backup, restore, check, reseal. They
// work without Keycloak. An embedded store that a proxy has open is read through a copy that this
// proxy makes.
package storecmd
