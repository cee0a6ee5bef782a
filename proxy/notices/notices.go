package notices

import (
	"maps"
	"slices"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/observe"
)

// Operator reads the log and the metrics.
type Operator struct {
	Log     *zap.Logger
	Metrics *observe.Metrics
}

// Changed logs what has become of a tenant, in one line.
func (o Operator) Changed(is health.Status) {
	log := o.Log.With(zap.String("tenant", is.Name), zap.String("realm", is.Realm))
	switch {
	case len(is.Faults) > 0:
		var wrong, remedy, said []string
		for _, f := range is.Faults {
			wrong, remedy, said = append(wrong, f.Wrong()), append(remedy, f.Remedy()), append(said, f.Said)
		}
		log.Warn("tenant does not work until a person acts", zap.Strings("fault", is.Causes()),
			zap.Strings("wrong", wrong), zap.Strings("remedy", remedy), zap.Strings("said", said))
	case is.Open != nil:
		log.Warn("tenant cannot be checked now; it is checked again every minute", zap.Error(is.Open))
	default:
		log.Info("tenant works")
	}
}

// Alone says that the counter of requests that all replicas share does not answer, or, without an
// error, that it answers again.
func (o Operator) Alone(err error) {
	if err == nil {
		o.Log.Info("the requests of all replicas are counted together again")
		return
	}
	o.Log.Warn("the store does not count requests: until it does, every replica grants each caller its whole rate", zap.Error(err))
}

// Untraced says that traces cannot be exported, or, without an error, that they are again.
func (o Operator) Untraced(err error) {
	if err == nil {
		o.Log.Info("traces are exported again")
		return
	}
	o.Log.Warn("traces cannot be exported now: their spans are lost", zap.Error(err))
}

// Circuit says that Keycloak is gone, with the error of the last probe, or that it answers again.
func (o Operator) Circuit(open bool, cause error) {
	if !open {
		o.Log.Info("Keycloak answers again: the circuit is closed")
		return
	}
	o.Log.Warn("Keycloak does not answer: the circuit is open, and requests that need Keycloak are 503 until it answers", zap.Error(cause))
}

// Unaudited says that lines of the audit log are lost, or, without an error, that they are written
// again.
func (o Operator) Unaudited(err error) {
	if err == nil {
		o.Log.Info("the audit log is written again")
		return
	}
	o.Log.Error("the audit log is not written as it should be", zap.Error(err))
}

// Unjournaled says that the outcome of a write could not be saved. Its entry is open until the
// proxy has looked at the resource.
func (o Operator) Unjournaled(err error) {
	o.Log.Error("the outcome of a write could not be saved in the journal", zap.Error(err))
}

// Journaled says what was done to a journal in the background.
func (o Operator) Journaled(space string, p journaling.Pass) {
	say, fields := o.Log.Info, []zap.Field{zap.String("space", space), zap.Int("ended", p.Ended), zap.Int("open", p.Open), zap.Int("deleted", p.Deleted)}
	if p.Err != nil {
		say, fields = o.Log.Warn, append(fields, zap.Error(p.Err))
	}
	say("the journal was tidied up", fields...)
}

// Drifted logs what a walk of a tenant has found.
func (o Operator) Drifted(tenant string, r drift.Report, err error) {
	log := o.Log.With(zap.String("tenant", tenant))
	switch {
	case err != nil:
		log.Warn("the tenant could not be compared with what its provider wanted last; the next walk is as configured (drift.every)", zap.Error(err))
	case r.Differences() > 0:
		log.Warn("users or groups were changed in Keycloak beside the proxy: scim-proxy drift names them", zap.Int("users", r.Drifted), zap.Int("differences", r.Differences()), zap.Bool("capped", r.Capped))
	default:
		log.Info("nothing was changed in Keycloak beside the proxy", zap.Int("users", r.Users), zap.Int("groups", r.Groups), zap.Bool("capped", r.Capped))
	}
}

// mostNamed is how many users a line of the log names.
const mostNamed = 20

// Shared logs the users of a group tenant that other tenants have too, and counts them.
func (o Operator) Shared(tenant, realm string) func(users map[string]string) {
	return func(users map[string]string) {
		o.Metrics.Shared(tenant, realm, len(users))
		log := o.Log.With(zap.String("tenant", tenant), zap.String("realm", realm))
		if len(users) == 0 {
			log.Info("no user of the tenant is in groups that other accounts manage any more")
			return
		}
		ids := slices.Sorted(maps.Keys(users))
		log.Warn("users of the tenant are also in groups that other accounts manage: no tenant reaches them, and lists leave them out",
			zap.Int("users", len(ids)), zap.Strings("ids", ids[:min(len(ids), mostNamed)]))
	}
}

// Differs reports that Keycloak's two APIs show a user differently.
func (o Operator) Differs(realm, user string) {
	o.Metrics.Differs()
	o.Log.Warn("Keycloak's SCIM API and Admin REST API show a user differently; users of the realm are read by the SCIM API alone, which is slower, until the user profile is read again",
		zap.String("realm", realm), zap.String("user", user))
}

// Completed logs a pass over the records of a space, or a walk over the identities of a group.
func (o Operator) Completed(space string, lacking int, err error) {
	log := o.Log.With(zap.String("space", space))
	if lacking > 0 {
		log.Info("records of an earlier release were added to the index of kept attributes", zap.Int("records", lacking))
	}
	if err != nil {
		log.Warn("an index cannot be completed now: filters and look-ups that use it are slow; it is tried again", zap.Error(err))
	}
}

// Swept logs what became of the parked users of a tenant whose grace time is over.
func (o Operator) Swept(tenant string) func(deleted int, err error) {
	return func(deleted int, err error) {
		log := o.Log.With(zap.String("tenant", tenant), zap.Int("deleted", deleted))
		if err != nil {
			log.Warn("parked users could not be deleted after their grace time; the next try is in an hour", zap.Error(err))
			return
		}
		log.Info("parked users were deleted after their grace time")
	}
}
