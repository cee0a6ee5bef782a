// Package procgroup ends a command together with everything that it started.
//
// Maven and kc.sh are scripts: if only the script is killed, its Java lives on and holds its output and
// its ports. On Unix the command is started in a process group of its own, and signals go to the group.
// Windows has no such signals: there taskkill ends the tree of processes, always at once.
package procgroup
