package proxy_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "keycloak-scim-proxy/"

// walls has the import rules: the packages of this module that a package may import, and the
// reason. A name that ends with a slash stands for all packages below it. Only proxy, which
// composes the others, has no row. In addition, only _test files outside of test import packages
// below it.
var walls = map[string]struct {
	may []string
	why string
}{
	"config/internal/strict":                {nil, "it decodes any structs"},
	"config/internal/value":                 {nil, "it checks values and knows no keys"},
	"config/internal/edit":                  {nil, "it changes any mapping as text"},
	"config/tenantfile":                     {[]string{"config", "config/configfile", "config/internal/edit"}, "files as the configuration reads them"},
	"cmd/scim-proxy/internal/operatecmd":    {[]string{"config", "proxy", "proxy/control", "proxy/store/embedded"}, "operations in this process or another"},
	"cmd/scim-proxy/internal/journalcmd":    {[]string{"cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/operatecmd", "config/configfile", "proxy/journal", "proxy/operate", "proxy/scim"}, "prints entries"},
	"proxy/store/guard":                     {[]string{"proxy/pause", "proxy/store"}, "a guard of any engine"},
	"proxy/store/backup":                    {[]string{"proxy/store", "proxy/store/guard", "proxy/store/internal/codec"}, "records of any engine, in a file"},
	"config/internal/unit":                  {nil, "it reads values and knows no keys"},
	"config":                                {[]string{"config/internal/unit", "config/internal/value"}, "the configuration is plain data"},
	"config/configfile":                     {[]string{"config", "config/internal/strict", "config/internal/value"}, "it reads any configuration, and knows no dialect"},
	"console":                               {[]string{"console/form", "console/page", "console/selection", "console/signin", "proxy/pause", "proxy/canary", "proxy/drift", "proxy/journal", "proxy/policy/budget", "proxy/scim", "proxy/undo"}, "pages over an interface: it does not know how a proxy is composed"},
	"console/signin":                        {[]string{"console/page", "proxy/pause", "proxy/store"}, "operators are users of Keycloak, known by its tokens"},
	"console/page/pagetest":                 {nil, "HTML"},
	"console/selection":                     {[]string{"console/form", "proxy/undo"}, "what a form selects for an undo"},
	"console/form":                          {nil, "values of forms"},
	"console/setup":                         {[]string{"adapters/setup", "console/page", "proxy/checklist", "proxy/invite"}, "pages over invitations; what they need of a tenant are functions"},
	"console/page":                          {nil, "pages of anything: neither tenants nor sessions"},
	"adapters/forms":                        {[]string{"proxy/scim", "proxy/scim/bounds", "proxy/protocol"}, "rules over the vocabulary"},
	"adapters/shapes":                       {nil, "requests of providers, known without their dialects"},
	"adapters/setup":                        {nil, "texts for administrators"},
	"adapters":                              {[]string{"adapters/forms", "proxy/scim", "proxy/scim/bounds", "proxy/protocol"}, "a dialect is data over the vocabulary"},
	"proxy/scim":                            {nil, "the vocabulary imports nothing of ours but its documents"},
	"proxy/scim/bounds":                     {[]string{"proxy/scim"}, "counts before anything else looks at a text"},
	"proxy/scim/scimtest":                   {[]string{"proxy/scim"}, "what tests of the vocabulary share"},
	"proxy/scim/document":                   {[]string{"proxy/scim/document/internal/jsontext"}, "JSON"},
	"proxy/scim/document/internal/jsontext": {nil, "text"},
	"proxy/directory":                       {[]string{"proxy/scim"}, "the language of the layers is standard SCIM"},
	"proxy/directory/directorytest":         {[]string{"proxy/scim", "proxy/directory", "proxy/protocol"}, "the contract speaks the vocabulary only"},
	"proxy/protocol":                        {[]string{"proxy/scim", "proxy/directory"}, "a List uses Query and Page of directory"},
	"proxy/protocol/protocoltest":           {[]string{"proxy/scim", "proxy/protocol"}, "what tests of decoding share"},
	"proxy/meter":                           {nil, "bytes"},
	"proxy/names":                           {[]string{"proxy/scim", "proxy/protocol"}, "names of decoded calls, before any layer"},
	"proxy/scimhttp":                        {[]string{"proxy/scim", "proxy/scim/bounds", "proxy/protocol", "proxy/directory", "proxy/bulk", "proxy/meter"}, "it does not know the layers: everything that depends on the caller is in the Session"},
	"proxy/scim/secrets":                    {[]string{"proxy/scim"}, "JSON"},
	"proxy/observe/calls":                   {nil, "texts"},
	"proxy/listeners":                       {nil, "runs any servers"},
	"proxy/bearer":                          {[]string{"adapters", "proxy/clientip", "proxy/issued", "proxy/oauth", "proxy/observe", "proxy/revoked", "proxy/roster", "proxy/scim", "proxy/scimhttp", "proxy/tokens"}, "tenants are any type"},
	"proxy/control":                         {[]string{"config", "proxy/clientip"}, "operations are functions"},
	"proxy/explain":                         {[]string{"proxy/journal", "proxy/scim"}, "texts about entries"},
	"proxy/operate":                         {[]string{"proxy/drift", "proxy/operating", "proxy/undo", "proxy/control", "proxy/events/outbox", "proxy/explain", "proxy/issued", "proxy/journal", "proxy/journaling", "proxy/pause", "proxy/policy/budget", "proxy/store", "proxy/checklist", "proxy/invite"}, "tenants are what operators see of them"},
	"proxy/adminhttp":                       {[]string{"proxy/clientip"}, "serves any handlers"},
	"proxy/sweeping":                        {[]string{"proxy/directory", "proxy/overlay", "proxy/scopes"}, "places are data"},
	"proxy/journal":                         {[]string{"proxy/journal/changes", "proxy/observe/calls", "proxy/pause", "proxy/scim", "proxy/scim/secrets", "proxy/store"}, "entries are records, and known without the layers"},
	"proxy/journal/changes":                 {[]string{"proxy/scim", "proxy/scim/secrets"}, "compares two resources"},
	"proxy/journaling":                      {[]string{"config", "proxy/directory", "proxy/journal", "proxy/observe", "proxy/observe/calls", "proxy/pause", "proxy/protocol", "proxy/scim", "proxy/scim/secrets", "proxy/store", "proxy/journal/changes"}, "a decorator of any Service and a layer over any directory"},
	"proxy/events/outbox":                   {[]string{"proxy/journal", "proxy/store"}, "finds entries of journals"},
	"proxy/events":                          {[]string{"config", "proxy/events/outbox", "proxy/webhook", "proxy/journal", "proxy/keycloak/clientkey", "proxy/scim", "proxy/store"}, "entries of journals for receivers as configured: neither tenants nor layers"},
	"proxy/operating":                       {[]string{"proxy/directory", "proxy/journal", "proxy/journaling", "proxy/protocol", "proxy/store"}, "a tenant as commands work on it"},
	"proxy/operating/operatingtest":         {[]string{"proxy/directory/directorytest", "proxy/journal", "proxy/journaling", "proxy/operating", "proxy/overlay", "proxy/protocol", "proxy/scim", "proxy/store/embedded", "proxy/writing"}, "a tenant in memory"},
	"proxy/drift":                           {[]string{"proxy/directory", "proxy/journal", "proxy/operating", "proxy/overlay/record", "proxy/pause", "proxy/protocol", "proxy/scim"}, "compares a tenant with entries, and writes by calls"},
	"proxy/undo":                            {[]string{"proxy/directory", "proxy/journal", "proxy/operating", "proxy/protocol", "proxy/scim", "proxy/journal/changes"}, "plans from entries, and writes by calls"},
	"proxy/policy/audit":                    {[]string{"config", "proxy/scim", "proxy/scim/secrets", "proxy/protocol"}, "a decorator of any Service"},
	"proxy/policy/budget":                   {[]string{"proxy/journaling", "proxy/scim", "proxy/store"}, "decides about effects; the number of users is a function"},
	"proxy/guarding":                        {[]string{"config", "proxy/directory", "proxy/journaling", "proxy/notices", "proxy/observe", "proxy/pause", "proxy/policy/budget", "proxy/scim", "proxy/store", "proxy/webhook"}, "the guards as configured, and what operators see of them"},
	"proxy/consoles":                        {[]string{"config", "console", "console/signin", "proxy/store"}, "opens the console as configured"},
	"proxy/views/counting":                  {[]string{"proxy/directory", "proxy/operating", "proxy/scim"}, "counts what a tenant sees"},
	"proxy/views":                           {[]string{"config", "console", "proxy/canary", "proxy/checklist", "proxy/directory", "proxy/drift", "proxy/explain", "proxy/golive", "proxy/health", "proxy/invite", "proxy/issued", "proxy/journal", "proxy/operate", "proxy/operating", "proxy/overlay/record", "proxy/pause", "proxy/policy/budget", "proxy/scim", "proxy/undo", "proxy/keycloak", "proxy/views/counting"}, "makes what the console shows of the parts of tenants"},
	"proxy/webhook":                         {[]string{"config"}, "messages are bytes"},
	"proxy/policy/limit":                    {[]string{"proxy/scim"}, "callers are texts and limits are data; the shared counter is a function"},
	"proxy/turns":                           {nil, "callers are texts, and a call is anything"},
	"proxy/bulk":                            {[]string{"proxy/scim", "proxy/scim/bounds", "proxy/protocol", "proxy/turns"}, "many calls through one Service: neither HTTP nor a layer"},
	"proxy/tokens":                          {[]string{"proxy/tokens/claims"}, "tokens are checked without layers, HTTP or configuration"},
	"proxy/tokens/claims":                   {nil, "JSON"},
	"proxy/revoked":                         {[]string{"proxy/store"}, "hashes of tokens"},
	"proxy/issued":                          {[]string{"proxy/journal", "proxy/store", "proxy/tokens"}, "records of tokens; tenants and places are functions"},
	"proxy/site":                            {nil, "URLs"},
	"proxy/oauth":                           {[]string{"proxy/scim", "proxy/tokens"}, "callers are authenticated before a layer runs; requests to Keycloak are functions"},
	"proxy/rendered":                        {[]string{"proxy/scim", "proxy/scimhttp", "proxy/bulk", "proxy/directory", "proxy/discovery", "proxy/keycloak/profile"}, "keeps documents; capabilities are a function"},
	"proxy/admission":                       {[]string{"proxy/scim", "proxy/store", "proxy/tokens"}, "callers are authenticated before a layer runs; requests to Keycloak are functions"},
	"proxy/pause":                           {nil, "waits"},
	"proxy/clientip":                        {nil, "addresses; it decides nothing"},
	"proxy/observe/connections":             {[]string{"proxy/scim"}, "knows what a server says, and no request"},
	"proxy/passthrough":                     {[]string{"proxy/scim", "proxy/clientip"}, "passes requests on and does not know tenants"},
	"proxy/storemark":                       {[]string{"proxy/scim", "proxy/store", "proxy/keycloak", "proxy/keycloak/fault", "proxy/keycloak/tenantgroup", "proxy/overlay"}, "compares a store with its mark in Keycloak"},
	"proxy/cursorkey":                       {[]string{"proxy/scim", "proxy/store", "proxy/overlay"}, "one record"},
	"proxy/instrument":                      {[]string{"proxy/directory", "proxy/observe", "proxy/scim", "proxy/store"}, "measures layers and engines without knowing them"},
	"proxy/notices":                         {[]string{"proxy/health", "proxy/observe", "proxy/roster", "proxy/tokenlife", "proxy/canary", "proxy/journaling", "proxy/policy/budget", "proxy/events", "proxy/events/outbox", "proxy/drift", "console"}, "tells the operator what others found"},
	"proxy/health":                          {[]string{"proxy/scim", "proxy/store", "proxy/store/guard", "proxy/keycloak", "proxy/keycloak/fault", "proxy/keycloak/privilege", "proxy/keycloak/profile", "proxy/keycloak/tenantgroup", "proxy/keycloak/confined"}, "checks beside the layers whether the store and Keycloak work"},
	"proxy/scopes":                          {[]string{"proxy/admission", "proxy/cursorkey", "proxy/directory", "proxy/journal", "proxy/keycloak", "proxy/keycloak/profile", "proxy/listing", "proxy/oauth", "proxy/overlay/identity", "proxy/overlay/kept", "proxy/profilecache", "proxy/store", "proxy/tokens", "proxy/turns"}, "knows neither tenants nor the order of the layers"},
	"proxy/lookup":                          {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak/confined", "proxy/listing", "proxy/overlay/identity", "proxy/overlay/kept"}, "the indexes in the terms of listing"},
	"proxy/storage":                         {[]string{"config", "proxy/store", "proxy/store/backup", "proxy/store/guard", "proxy/store/embedded", "proxy/store/redis", "proxy/transport"}, "the store as configured"},
	"proxy/inviting":                        {[]string{"config", "console/setup", "proxy/checklist", "proxy/clientip", "proxy/golive", "proxy/invite", "proxy/issued", "proxy/journal", "proxy/observe", "proxy/operate", "proxy/policy/staged", "proxy/policy/trial", "proxy/protocol", "proxy/site", "proxy/store"}, "joins invitations with the tenants of a proxy, and has the terms of their tokens"},
	"proxy/invite":                          {[]string{"proxy/store"}, "records and texts with a signature; it knows neither HTTP nor tenants"},
	"proxy/checklist":                       {[]string{"proxy/journal", "proxy/scim"}, "lines from entries"},
	"proxy/policy/trial":                    {[]string{"proxy/directory", "proxy/journal", "proxy/protocol", "proxy/scim", "proxy/store"}, "decides about calls; whether a tenant is invited is a function"},
	"cmd/scim-proxy/internal/invitecmd":     {[]string{"cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/operatecmd", "config/configfile", "proxy/checklist", "proxy/operate"}, "flags and output of invitations"},
	"proxy/policy/staged":                   {[]string{"proxy/scim", "proxy/directory", "proxy/protocol", "proxy/store"}, "decides about calls: placements, faults and alarms are functions"},
	"proxy/canary":                          {[]string{"proxy/clientip", "adapters/shapes", "proxy/scim", "proxy/policy/staged"}, "a client of the whole proxy, which is a handler"},
	"proxy/golive":                          {[]string{"config", "proxy/canary", "proxy/policy/staged", "proxy/policy/trial", "proxy/directory", "proxy/keycloak", "proxy/keycloak/fault", "proxy/keycloak/profile", "proxy/profilecache", "proxy/protocol", "proxy/scim"}, "joins the gate and the canary with an account and a user profile"},
	"proxy/declared":                        {[]string{"config", "proxy/scim"}, "schemas as configured"},
	"proxy/transport":                       {[]string{"config", "proxy/keycloak/clientkey", "proxy/keycloak/grant", "proxy/keycloak/reach", "proxy/clientip", "proxy/observe", "proxy/passthrough"}, "connections as configured"},
	"proxy/writing":                         {[]string{"proxy/scim", "proxy/protocol", "proxy/directory"}, "a layer never imports a layer; the lock is a function"},
	"proxy/listing/position":                {[]string{"proxy/scim", "proxy/directory"}, "where a walk stands is known without a directory"},
	"proxy/listing/filters":                 {[]string{"proxy/scim", "proxy/directory"}, "filters are decided without a directory"},
	"proxy/listing/resolve":                 {[]string{"proxy/scim", "proxy/directory"}, "what a query means is known without a directory"},
	"proxy/listing/walk":                    {[]string{"proxy/scim", "proxy/directory"}, "reads pages by a function"},
	"proxy/listing":                         {[]string{"proxy/scim", "proxy/directory", "proxy/meter", "proxy/listing/filters", "proxy/listing/position", "proxy/listing/resolve", "proxy/listing/walk"}, "a layer never imports a layer; the index is a function"},
	"proxy/overlay":                         {[]string{"proxy/scim", "proxy/directory", "proxy/store", "proxy/meter", "proxy/overlay/record"}, "the only layer that keeps something"},
	"proxy/overlay/record":                  {[]string{"proxy/scim", "proxy/directory", "proxy/store"}, "the form of a record is known without I/O"},
	"proxy/overlay/identity":                {[]string{"proxy/scim", "proxy/store", "proxy/overlay", "proxy/overlay/record"}, "reads what is kept without the layers; a walk is a function"},
	"proxy/overlay/kept":                    {[]string{"proxy/scim", "proxy/directory", "proxy/store", "proxy/meter", "proxy/overlay", "proxy/overlay/record"}, "reads what is kept without the layers"},
	"proxy/keycloak/reach":                  {[]string{"proxy/pause", "proxy/keycloak/fault"}, "requests are any; who is told is a function"},
	"proxy/keycloak/representation":         {nil, "reads JSON, and counts"},
	"proxy/keycloak/values":                 {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak/profile", "proxy/keycloak/representation"}, "requests to Keycloak are functions"},
	"proxy/keycloak/paging":                 {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak/profile"}, "requests to Keycloak are functions"},
	"proxy/keycloak/profile":                {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak/representation"}, "the meaning of a user profile is decided without I/O"},
	"proxy/keycloak":                        {[]string{"proxy/scim", "proxy/directory", "proxy/meter", "proxy/keycloak/fault", "proxy/keycloak/grant", "proxy/keycloak/profile", "proxy/keycloak/membership", "proxy/keycloak/paging", "proxy/keycloak/refusal", "proxy/keycloak/representation", "proxy/keycloak/values", "proxy/turns", "proxy/keycloak/signout"}, "it handles the differences between Keycloak and the standard, and nothing else"},
	"proxy/tokenlife":                       {[]string{"config", "proxy/store"}, "times of keys, not tokens"},
	"proxy/dirwatch":                        {nil, "notices that files change, and does not know them"},
	"proxy/roster":                          {[]string{"config", "config/configfile", "proxy/tokens"}, "tenants as configured, whatever they are made of"},
	"proxy/profilecache":                    {[]string{"proxy/keycloak", "proxy/keycloak/profile"}, "remembers a user profile"},
	"proxy/keycloak/clientkey":              {nil, "keys and signatures"},
	"proxy/keycloak/grant":                  {[]string{"proxy/keycloak/clientkey", "proxy/keycloak/fault"}, "requests to Keycloak are functions"},
	"proxy/keycloak/confined":               {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak", "proxy/keycloak/brokerlink", "proxy/keycloak/fault", "proxy/keycloak/profile", "proxy/keycloak/refusal", "proxy/keycloak/representation", "proxy/keycloak/tenantgroup"}, "one group of a realm as a directory, over the realm"},
	"proxy/continuity":                      {[]string{"config", "proxy/scim", "proxy/directory", "proxy/keycloak", "proxy/keycloak/brokerlink", "proxy/keycloak/confined", "proxy/keycloak/leaver", "proxy/keycloak/profile", "proxy/keycloak/tenantgroup"}, "the layers of a tenant's accounts as configured"},
	"proxy/keycloak/leaver":                 {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak", "proxy/keycloak/fault", "proxy/keycloak/profile", "proxy/keycloak/refusal", "proxy/keycloak/representation"}, "a directory without the users that were deleted, over the realm or one group of it"},
	"proxy/keycloak/brokerlink":             {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak", "proxy/keycloak/leaver", "proxy/keycloak/refusal", "proxy/keycloak/representation"}, "links users, over a directory; it sees the kept external ids through it"},
	"proxy/keycloak/signout":                {[]string{"proxy/scim"}, "requests to Keycloak are functions"},
	"proxy/keycloak/tenantgroup":            {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak", "proxy/keycloak/fault", "proxy/keycloak/refusal", "proxy/keycloak/representation"}, "what the account of a group sees of it; it is not a directory"},
	"proxy/keycloak/refusal":                {[]string{"proxy/scim", "proxy/keycloak/fault", "proxy/keycloak/profile"}, "the meaning of an answer is decided without I/O"},
	"proxy/keycloak/privilege":              {[]string{"proxy/scim", "proxy/keycloak", "proxy/keycloak/fault", "proxy/keycloak/representation"}, "asks what an account may do, beside the layers"},
	"proxy/keycloak/membership":             {[]string{"proxy/scim", "proxy/directory", "proxy/keycloak/fault", "proxy/keycloak/profile"}, "plans changes of members; requests to Keycloak are functions"},
	"proxy/keycloak/fault":                  {[]string{"proxy/scim", "proxy/tokens/claims"}, "the meaning of an answer is decided without I/O"},
	"proxy/discovery":                       {[]string{"proxy/scim", "proxy/directory"}, "prints Capabilities and schemas"},
	"proxy/store":                           {[]string{"proxy/store/internal/codec"}, "records are bytes and terms"},
	"proxy/store/embedded":                  {[]string{"proxy/store", "proxy/store/internal/codec", "proxy/store/internal/disk", "proxy/store/internal/locks"}, "an engine knows the contract only"},
	"proxy/store/redis":                     {[]string{"proxy/pause", "proxy/store", "proxy/store/internal/codec"}, "an engine knows the contract only"},
	"proxy/store/storetest":                 {[]string{"proxy/store", "proxy/store/backup", "proxy/store/guard", "proxy/store/internal/locks"}, "the suite knows the contracts only"},
	"onboarding":                            {[]string{"proxy/keycloak/clientkey", "proxy/tokens/claims"}, "works with administrator credentials, apart from everything that serves"},
	"onboarding/links":                      {[]string{"onboarding", "onboarding/verify"}, "links of users, with administrator credentials"},
	"onboarding/adminroles":                 {[]string{"onboarding"}, "who administers a realm, with administrator credentials"},
	"onboarding/permissions":                {[]string{"onboarding"}, "permissions of a realm, with administrator credentials"},
	"onboarding/userprofile":                {[]string{"onboarding", "proxy/scim"}, "the user profile of a realm, with administrator credentials"},
	"onboarding/tenant":                     {[]string{"onboarding/releases", "onboarding/adminroles", "onboarding", "onboarding/permissions", "onboarding/userprofile", "proxy/keycloak/clientkey"}, "what a tenant needs of Keycloak, with administrator credentials"},
	"onboarding/verify":                     {[]string{"onboarding/adminroles", "onboarding", "onboarding/attacks", "onboarding/permissions", "onboarding/tenant"}, "attacks decoys with the account's token, which it is given a function for"},
	"onboarding/releases":                   {nil, "facts"},
	"onboarding/oauthclient":                {[]string{"onboarding", "proxy/keycloak/clientkey"}, "OAuth clients of identity providers, with administrator credentials"},
	"onboarding/adopt":                      {[]string{"onboarding", "onboarding/permissions", "onboarding/tenant"}, "brings users into a tenant, with administrator credentials"},
	"onboarding/attacks":                    {nil, "attacks are data, for a check and for a test"},
	"proxy/observe/storesize":               {nil, "metrics of a function"},
	"proxy/snapshot":                        {[]string{"proxy/clientip", "proxy/storage", "proxy/store/guard"}, "a copy of the store for operators, as storage makes it"},
	"proxy/observe/tracing":                 {nil, "spans have names and labels, not requests"},
	"proxy/observe":                         {[]string{"proxy/observe/calls", "proxy/observe/tracing", "proxy/scim", "proxy/keycloak/fault"}, "knows the vocabulary, faults and no layers, so that every layer can be observed"},
	"proxy/store/internal/codec":            {nil, "bytes"},
	"proxy/store/internal/disk":             {nil, "a number of the system"},
	"proxy/store/internal/locks":            {[]string{"proxy/store"}, "a map of waiters"},

	"cmd/scim-proxy":                              {[]string{"cmd/scim-proxy/internal/", "adapters", "adapters/setup", "config", "config/configfile", "config/tenantfile", "onboarding", "onboarding/", "proxy", "proxy/"}, "commands are built from the configuration and the packages that serve"},
	"cmd/scim-proxy/internal/checkcmd":            {[]string{"cmd/scim-proxy/internal/cli", "config", "config/configfile", "proxy/health", "proxy/keycloak", "proxy/keycloak/privilege", "proxy/keycloak/tenantgroup", "proxy/transport"}, "asks Keycloak with the accounts of tenants"},
	"cmd/scim-proxy/internal/onboardcmd":          {[]string{"cmd/scim-proxy/internal/checkcmd", "onboarding/links", "cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/tenantcmd", "adapters/setup", "config", "config/configfile", "config/tenantfile", "onboarding", "onboarding/adopt", "onboarding/attacks", "onboarding/tenant", "onboarding/verify", "proxy/health", "proxy/keycloak", "proxy/keycloak/clientkey", "proxy/keycloak/confined", "proxy/keycloak/privilege", "proxy/transport", "proxy/keycloak/tenantgroup", "cmd/scim-proxy/internal/oauthcmd", "cmd/scim-proxy/internal/canarycmd", "proxy/canary"}, "commands with an administrator's credentials"},
	"cmd/scim-proxy/internal/guardcmd":            {[]string{"cmd/scim-proxy/internal/operatecmd", "proxy/control", "proxy/operate", "cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/storecmd", "cmd/scim-proxy/internal/tenantcmd", "config", "config/configfile", "proxy/policy/budget", "proxy/store"}, "works with the state of guards in the store"},
	"cmd/scim-proxy/internal/configcmd":           {[]string{"cmd/scim-proxy/internal/cli", "config", "config/configfile", "config/tenantfile"}, "prints the configuration, without Keycloak"},
	"cmd/scim-proxy/internal/doctor":              {[]string{"cmd/scim-proxy/internal/checkcmd", "cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/doctor/report", "config", "config/configfile", "onboarding", "onboarding/adminroles", "onboarding/links", "onboarding/releases", "onboarding/verify", "proxy/health", "proxy/keycloak", "proxy/keycloak/fault", "proxy/storage", "proxy/store", "proxy/tokens/claims", "proxy/transport"}, "examines everything that a configuration names"},
	"cmd/scim-proxy/internal/doctor/report":       {nil, "findings are data"},
	"cmd/scim-proxy/internal/doctorcmd":           {[]string{"cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/doctor", "cmd/scim-proxy/internal/onboardcmd", "config", "config/configfile", "onboarding"}, "flags and output of doctor"},
	"cmd/scim-proxy/internal/oauthcmd":            {[]string{"cmd/scim-proxy/internal/cli", "config", "onboarding", "onboarding/oauthclient", "onboarding/tenant"}, "a part of commands with an administrator's credentials"},
	"cmd/scim-proxy/internal/cli":                 {[]string{"config/configfile", "config", "config/tenantfile", "proxy/transport"}, "what commands share"},
	"cmd/scim-proxy/internal/democmd":             {[]string{"cmd/scim-proxy/internal/checkcmd", "cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/kcserver", "config", "onboarding", "onboarding/", "proxy", "proxy/tokens", "proxy/transport"}, "starts Keycloak and the proxy, and sets realms up"},
	"cmd/scim-proxy/internal/servecmd":            {[]string{"cmd/scim-proxy/internal/cli", "adapters", "config", "config/configfile", "proxy"}, "the process around the proxy"},
	"cmd/scim-proxy/internal/canarycmd":           {[]string{"cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/tenantcmd", "config", "proxy/canary"}, "a client of the admin listener"},
	"cmd/scim-proxy/internal/eventscmd":           {[]string{"proxy/control", "cmd/scim-proxy/internal/cli", "config", "config/configfile", "proxy/events/outbox", "proxy/journal"}, "the store alone, which is a function"},
	"cmd/scim-proxy/internal/storecmd":            {[]string{"cmd/scim-proxy/internal/cli", "config", "config/configfile", "proxy/storage", "proxy/store/backup", "proxy/store/embedded", "proxy/store/guard"}, "the store as a whole, without Keycloak"},
	"cmd/scim-proxy/internal/tenantcmd":           {[]string{"cmd/scim-proxy/internal/cli", "config", "config/configfile", "config/tenantfile", "proxy/issued", "proxy/tokens", "proxy/revoked"}, "works with the files of tenants, without Keycloak"},
	"cmd/scim-proxy/internal/importer":            {[]string{"cmd/scim-proxy/internal/importer/journal", "cmd/scim-proxy/internal/scimclient", "proxy/scim", "proxy/scim/bounds"}, "an import knows any server by its SCIM API only"},
	"cmd/scim-proxy/internal/importer/journal":    {nil, "rows are numbers"},
	"cmd/scim-proxy/internal/simulate":            {[]string{"adapters/shapes", "cmd/scim-proxy/internal/scimclient"}, "the same conversation runs against a server without the proxy"},
	"cmd/scim-proxy/internal/kcserver":            {[]string{"cmd/scim-proxy/internal/procgroup"}, "starts Keycloak and knows nothing of the proxy"},
	"cmd/scim-proxy/internal/kcserver/keycloak":   {[]string{"cmd/scim-proxy/internal/kcserver", "cmd/scim-proxy/internal/procgroup"}, "starts Keycloak and knows nothing of the proxy"},
	"cmd/scim-proxy/internal/scimclient":          {nil, "bodies are texts, so that a command reads them as it needs"},
	"cmd/scim-proxy/internal/procgroup":           {nil, "processes"},
	"cmd/scim-proxy/internal/certify":             {[]string{"cmd/scim-proxy/internal/certify/"}, "the same checks run against any SCIM server"},
	"cmd/scim-proxy/internal/certify/probe":       {[]string{"cmd/scim-proxy/internal/scimclient"}, "checks know a server by its SCIM API only"},
	"cmd/scim-proxy/internal/certify/report":      {[]string{"cmd/scim-proxy/internal/certify"}, "results are data"},
	"cmd/scim-proxy/internal/certify/certifytest": {[]string{"adapters", "proxy/bulk", "proxy/directory", "proxy/directory/directorytest", "proxy/discovery", "proxy/listing", "proxy/names", "proxy/protocol", "proxy/scim", "proxy/scimhttp", "proxy/writing"}, "a server in memory for tests"},
	"cmd/scim-proxy/internal/certifycmd":          {[]string{"adapters", "cmd/scim-proxy/internal/certify", "cmd/scim-proxy/internal/certify/probe", "cmd/scim-proxy/internal/certify/report", "cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/operatecmd", "config", "config/configfile", "proxy/journal", "proxy/keycloak/clientkey", "proxy/operate"}, "a client of any SCIM server; of a tenant it asks the proxy"},
	"cmd/scim-proxy/internal/certify/discover":    {[]string{"cmd/scim-proxy/internal/certify/probe"}, "checks know a server by its SCIM API only"},
	"cmd/scim-proxy/internal/certify/resources":   {[]string{"cmd/scim-proxy/internal/certify/probe"}, "checks know a server by its SCIM API only"},
	"cmd/scim-proxy/internal/certify/patches":     {[]string{"cmd/scim-proxy/internal/certify/probe"}, "checks know a server by its SCIM API only"},
	"cmd/scim-proxy/internal/certify/queries":     {[]string{"cmd/scim-proxy/internal/certify/probe"}, "checks know a server by its SCIM API only"},
	"cmd/scim-proxy/internal/certify/bulks":       {[]string{"cmd/scim-proxy/internal/certify/probe"}, "checks know a server by its SCIM API only"},
	"cmd/scim-proxy/internal/certify/providers":   {[]string{"cmd/scim-proxy/internal/certify/probe"}, "checks know a server by its SCIM API only"},
	"cmd/scim-proxy/internal/certify/profiles":    {[]string{"cmd/scim-proxy/internal/certify/probe", "cmd/scim-proxy/internal/certify/bulks"}, "checks know a server by its SCIM API only"},
	"cmd/scim-proxy/internal/placecmd":            {[]string{"cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/storecmd", "config", "config/configfile", "proxy/operating"}, "what commands share that work on a tenant"},
	"cmd/scim-proxy/internal/undocmd":             {[]string{"cmd/scim-proxy/internal/operatecmd", "cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/placecmd", "proxy/operating", "proxy/scim", "proxy/undo"}, "flags and output of undo"},
	"cmd/scim-proxy/internal/driftcmd":            {[]string{"cmd/scim-proxy/internal/operatecmd", "cmd/scim-proxy/internal/cli", "cmd/scim-proxy/internal/placecmd", "proxy/drift", "proxy/scim"}, "flags and output of drift"},

	"test":             {nil, "has tests only"},
	"test/security":    {nil, "has tests only"},
	"test/soak":        {nil, "has tests only"},
	"test/corpus":      {[]string{"proxy/scim", "proxy/protocol"}, "files and end states, whoever serves them"},
	"test/kctest":      {nil, "talks to Keycloak beside the proxy, and to its starter through a command"},
	"test/browser":     {nil, "sees pages as a browser does"},
	"test/certtest":    {[]string{"config"}, "certificates"},
	"test/prose":       {nil, "reads text"},
	"test/docs":        {nil, "has tests only"},
	"test/golden":      {nil, "compares files"},
	"test/progress":    {nil, "reads the output of go test"},
	"test/proxytest":   {[]string{"config", "proxy", "proxy/tokens"}, "runs a proxy as the program does"},
	"test/redisserver": {nil, "starts Redis and does not know its content"},
	"test/storefile":   {[]string{"proxy/store", "proxy/store/embedded", "proxy/store/guard"}, "makes stores as the program does"},
	"test/shim":        {nil, "knows Keycloak and not the proxy"},
}

// owners has the packages that may import a library, and the reason.
var owners = map[string]struct {
	who []string
	why string
}{
	"github.com/gorilla/mux":                {[]string{"proxy/scimhttp"}, "one package routes"},
	"github.com/tidwall/gjson":              {[]string{"proxy/scim", "proxy/scim/bounds", "proxy/scim/document", "proxy/scim/document/internal/", "test/"}, "its paths misread URNs; document hides them"},
	"github.com/tidwall/sjson":              {[]string{"onboarding/userprofile"}, "its paths must not contain names that are data; an index is safe"},
	"github.com/coreos/go-oidc":             {[]string{"proxy/tokens", "console/signin"}, "one place verifies tokens of callers, one those of operators"},
	"github.com/go-jose":                    {[]string{"proxy/tokens", "proxy/keycloak/clientkey"}, "one place verifies tokens, one signs"},
	"github.com/redis/go-redis":             {[]string{"proxy/store/redis"}, "one engine"},
	"github.com/go-redis/redis_rate":        {[]string{"proxy/store/redis"}, "one engine"},
	"go.etcd.io/bbolt":                      {[]string{"proxy/store/embedded", "cmd/scim-proxy/internal/importer/journal"}, "one engine, and the journal of an import"},
	"github.com/Nerzal/gocloak":             {[]string{"onboarding"}, "it hides deadlines and does not escape ids: not at run time"},
	"github.com/goccy/go-yaml":              {[]string{"config/internal/strict", "config/internal/edit"}, "YAML ends at the configuration"},
	"go.uber.org/zap":                       {[]string{"cmd/scim-proxy", "cmd/scim-proxy/internal/democmd", "cmd/scim-proxy/internal/servecmd", "cmd/scim-proxy/internal/operatecmd", "proxy", "proxy/bearer", "proxy/observe", "proxy/observe/connections", "proxy/storage", "test/", "proxy/notices"}, "layers do not log"},
	"github.com/hashicorp/go-retryablehttp": {[]string{"cmd/scim-proxy/internal/scimclient"}, "one SCIM client"},
	"golang.org/x/oauth2":                   {[]string{"cmd/scim-proxy/internal/scimclient", "console/signin"}, "one SCIM client, one sign-in"},
	"github.com/gofrs/flock":                {[]string{"cmd/scim-proxy/internal/kcserver", "cmd/scim-proxy/internal/importer/journal", "config/tenantfile"}, "files that several processes of the program write"},
	"github.com/fsnotify/fsnotify":          {[]string{"proxy/dirwatch"}, "one place watches files"},
	"github.com/spf13/cobra":                {[]string{"cmd/"}, "flags end at the commands"},
	"github.com/prometheus":                 {[]string{"proxy", "proxy/observe", "proxy/observe/storesize", "proxy/observe/connections", "proxy/guarding", "proxy/journaling", "proxy/events", "proxy/drift"}, "layers do not log"},
	"github.com/failsafe-go":                {[]string{"proxy/keycloak/reach", "proxy/webhook"}, "one place decides whether Keycloak is there, one sends events"},
	"go.opentelemetry.io":                   {[]string{"proxy/observe/tracing"}, "one place makes spans"},
	"golang.org/x/mod":                      {[]string{"onboarding/tenant", "onboarding/releases"}, "releases are compared before anything is served"},
	"net/http":                              {[]string{"console", "console/", "onboarding/links", "cmd/", "proxy", "proxy/scimhttp", "proxy/listeners", "proxy/adminhttp", "proxy/bearer", "proxy/control", "proxy/journaling", "proxy/keycloak", "proxy/keycloak/confined", "proxy/keycloak/membership", "proxy/keycloak/fault", "proxy/storemark", "proxy/snapshot", "proxy/health", "proxy/transport", "proxy/passthrough", "proxy/clientip", "proxy/observe", "proxy/observe/tracing", "onboarding/adminroles", "onboarding", "onboarding/attacks", "onboarding/permissions", "onboarding/userprofile", "onboarding/tenant", "test/", "proxy/keycloak/privilege", "onboarding/verify", "onboarding/adopt", "proxy/keycloak/tenantgroup", "proxy/keycloak/refusal", "proxy/site", "onboarding/oauthclient", "proxy/canary", "proxy/golive", "proxy/keycloak/leaver", "proxy/keycloak/signout", "proxy/keycloak/brokerlink", "proxy/keycloak/reach", "proxy/webhook", "proxy/guarding", "proxy/events", "proxy/webhook", "proxy/undo", "proxy/drift", "proxy/checklist", "proxy/policy/trial", "proxy/views", "proxy/consoles", "proxy/inviting"}, "HTTP ends at scimhttp and at the client for Keycloak"},
	"github.com/chromedp":                   {[]string{"test/browser"}, "one place drives a browser"},
	module + "onboarding":                   {[]string{"onboarding", "onboarding/", "cmd/"}, "code with administrator credentials never serves a request"},
}

// pure packages do no I/O and cannot be cancelled, so that they import none of impure.
var (
	pure   = []string{"adapters", "adapters/forms", "adapters/setup", "adapters/shapes", "proxy/keycloak/profile"}
	impure = []string{"context", "net", "net/http", "os"}
)

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestWalls(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		wall, ruled := walls[name]
		seen[name] = true
		for _, path := range p.Imports {
			if slices.Contains(pure, name) && slices.Contains(impure, path) {
				t.Errorf("%s imports %s, but it is pure", name, path)
			}
			ours, ok := strings.CutPrefix(path, module)
			if ok && ruled && !allowed(name, wall.may, ours) {
				t.Errorf("%s imports %s, but %s", name, ours, wall.why)
			}
			if ok && below(ours, "test") && !below(name, "test") {
				t.Errorf("%s imports %s, but production imports nothing under test", name, ours)
			}
			for library, o := range owners {
				if (path == library || strings.HasPrefix(path, library+"/")) && !owns(o.who, name) {
					t.Errorf("%s imports %s, but %s", name, path, o.why)
				}
			}
		}
		if !ruled && strings.Contains(name, "/") {
			t.Errorf("%s has no row in the table of walls", name)
		}
	}
	for name := range walls {
		if !seen[name] {
			t.Errorf("the table names %s, which is not there", name)
		}
	}
}

// allowed reports whether a package may import another. Packages that may import proxy/scim may
// also import proxy/scim/document.
func allowed(name string, may []string, imported string) bool {
	const vocabulary, documents = "proxy/scim", "proxy/scim/document"
	if imported == documents {
		return name == vocabulary || owns(may, vocabulary)
	}
	return owns(may, imported)
}

func below(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

// Packages that do not know vendors do not contain a vendor's name: the third law of
// docs/architecture.md.
func TestUnnamed(t *testing.T) {
	for _, name := range []string{"listing"} {
		files, err := filepath.Glob(filepath.Join(name, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(err, files)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ToLower(strings.ReplaceAll(string(b), module, ""))
			if strings.Contains(text, "keycloak") && !strings.HasSuffix(f, "_test.go") {
				t.Errorf("%s names Keycloak", f)
			}
		}
	}
}

func owns(who []string, name string) bool {
	return slices.ContainsFunc(who, func(w string) bool { return w == name || strings.HasSuffix(w, "/") && strings.HasPrefix(name, w) })
}
