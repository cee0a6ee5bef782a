package kcserver

import (
	"os/exec"
	"strconv"
)

// containerCommand runs the same server from its image, where there is a docker engine and no Java. Its data live in the data directory.
func (s *Server) containerCommand() *exec.Cmd {
	port, health := strconv.Itoa(s.port), strconv.Itoa(s.health)
	return exec.Command("docker", "run", "--rm", "--init", "--name", "keycloak-scim-proxy-"+port,
		"-p", "127.0.0.1:"+port+":8080", "-p", "127.0.0.1:"+health+":9000", "-v", s.dataDir+":/opt/keycloak/data",
		"-e", "KC_BOOTSTRAP_ADMIN_USERNAME="+s.AdminUser, "-e", "KC_BOOTSTRAP_ADMIN_PASSWORD="+s.AdminPassword,
		"quay.io/keycloak/keycloak:"+Version(), "start", "--db=dev-file", "--features=scim-api", "--health-enabled=true",
		"--http-enabled=true", "--hostname="+s.URL, "--log-level=warn")
}
