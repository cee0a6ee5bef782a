package kcserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// containerCommand runs the same server from its image, where there is a docker engine and no Java. Its data lie where a server without a
// container keeps them, and it runs as the user who owns them; the image wants the group 0.
func (s *Server) containerCommand() *exec.Cmd {
	port, health := strconv.Itoa(s.port), strconv.Itoa(s.health)
	args := []string{"run", "--rm", "--init", "--name", s.containerName(), "--user", strconv.Itoa(os.Getuid()) + ":0",
		"-p", "127.0.0.1:" + port + ":8080", "-p", "127.0.0.1:" + health + ":9000", "-v", filepath.Join(s.dataDir, "data") + ":/opt/keycloak/data",
		"-e", "KC_BOOTSTRAP_ADMIN_USERNAME=" + s.AdminUser, "-e", "KC_BOOTSTRAP_ADMIN_PASSWORD=" + s.AdminPassword}
	if s.durable {
		args = append(args, "-e", writeAtOnce)
	}
	return exec.Command("docker", append(args,
		"quay.io/keycloak/keycloak:"+Version(), "start", "--db=dev-file", "--features=scim-api", "--health-enabled=true", "--cache=local",
		"--http-enabled=true", "--hostname="+s.URL, "--log-level=warn")...)
}

func (s *Server) containerName() string { return "keycloak-scim-proxy-" + strconv.Itoa(s.port) }
