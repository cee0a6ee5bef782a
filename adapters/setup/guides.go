package setup

var generic = Guide{
	IDP: "generic", Name: "Any other provider",
	Steps: []string{
		"Choose SCIM 2.0.",
		"Base URL (or Tenant URL, Endpoint): " + url + ".",
		"Authentication: bearer token, in the header Authorization. Enter the token of the tenant.",
		"Match users by userName, and groups by displayName.",
		"Test the connection, then assign one user and look at it in Keycloak before you assign the others.",
	},
	Notes: []string{
		"Do not send passwords. They are ignored.", // rule password-dropped
		"Do not send groups as an attribute of a user: it is read-only (RFC 7643 section 4.1.2). Send members of groups.",
	},
	FirstSync: []string{
		"Providers look each user up before they create it. The answer to a look-up without a match is 200 with an empty list.",
		"A user that the realm has already is found if the tenant may see it, and is changed instead of being created again.",
	},
	Limits: []string{
		"Keycloak's SCIM API has no groups inside groups: a group is an unknown member.",
	},
	Sources: []string{"www.rfc-editor.org/rfc/rfc7643#section-4.1.2", "www.rfc-editor.org/rfc/rfc7644#section-2"},
}

var entra = Guide{
	IDP: "entra", Name: "Microsoft Entra ID",
	Steps: []string{
		"Microsoft Entra admin center: Enterprise apps, New application, Create your own application, " +
			"\"Integrate any other application you don't find in the gallery\".",
		"Open the application, then Provisioning. Provisioning mode: Automatic.",
		"Tenant URL: " + url + ".",
		"Secret Token: the token of the tenant. Do not leave it empty: Entra would send a token of its own, which is refused.",
		"Test Connection, which looks for a user that does not exist, and Save.",
		"Mappings: match users by userName, by externalId, or by the work address (emails[type eq \"work\"].value). Match groups by displayName.",
		"Assign a few users and groups under Users and groups, and try one with Provision on demand.",
		"Start provisioning.",
	},
	Notes: []string{
		"You may add ?aadOptscim062020 to the Tenant URL (" + url + "?aadOptscim062020). Both modes are accepted, and provisioning on demand ignores the flag.",
		"Replace the token before it expires: Entra quarantines a job whose token is refused.",
	},
	FirstSync: []string{
		"Test Connection and each cycle begin with a look-up of a random name, which is 200 with an empty list.",
		"The first cycle looks up every assigned user by the matching attribute, creates those that it does not find, then does the same for groups, and at last adds the members.",
		"A user that is there already is matched, not created again, and gets the mapped attributes.",
		"A user that leaves the scope is deactivated. It is deleted 30 days after it was deleted in Entra.",
	},
	Limits: []string{
		"A cycle starts about every 40 minutes. Provision on demand does not wait for it.",
		"A value that is empty in Entra is not sent, so that it is not removed here.",
		"Memberships are not sent again by themselves when a user is re-enabled.",
		"Entra does not send groups inside groups, or passwords. Special characters in the matching value are not supported by Entra.",
		"After many failures Entra puts the job into quarantine, and after four weeks it ends the job.",
	},
	Sources: []string{
		"learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups",
		"learn.microsoft.com/entra/identity/app-provisioning: application-provisioning-config-problem-scim-compatibility",
		"learn.microsoft.com/entra/identity/app-provisioning/customize-application-attributes",
		"learn.microsoft.com/entra/identity/app-provisioning/known-issues",
	},
}

var okta = Guide{
	IDP: "okta", Name: "Okta",
	Steps: []string{
		"Okta admin console: Applications, Browse App Catalog, \"SCIM 2.0 Test App (Header Auth)\" or \"(OAuth Bearer Token)\". " +
			"An application of your own works too: General, App Settings, Provisioning: SCIM.",
		"Provisioning, Integration (Configure API Integration): enable it. Base URL: " + url + ".",
		"In an application of your own: unique identifier field for users: userName; authentication mode: HTTP Header; " +
			"supported actions: Push New Users, Push Profile Updates, Push Groups.",
		"API Token, OAuth Bearer Token or Authorization: the token of the tenant. Test API Credentials, then Save.",
		"Provisioning, To App, Edit: enable Create Users, Update User Attributes and Deactivate Users.",
		"Assign users under Assignments, and groups under Push Groups.",
	},
	Notes: []string{
		"The base URL must not contain an underscore.",
		"Leave Sync Password off. Okta sends a random password anyway, which is ignored.",
		"A PUT of Okta is the whole user: a mapping that you remove clears the attribute.",
	},
	FirstSync: []string{
		"Test API Credentials reads two users and the groups.",
		"Each assigned user is looked up by userName, and created or changed by PUT. Groups are created when they are pushed, then get their members.",
		"Import reads all pages of users and of groups, with members.",
	},
	Limits: []string{
		"Okta never deletes a user: it deactivates. A suspended user is not reported at all.",
		"Whether an application sends PUT or PATCH is decided when it is created in Okta, and does not change later.",
	},
	Sources: []string{
		"developer.okta.com/docs/guides/scim-provisioning-integration-prepare",
		"developer.okta.com/docs/concepts/scim/faqs",
		"developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20",
		"doc.lookout.com: Create New Okta Application",
	},
}

var oneLogin = Guide{
	IDP: "onelogin", Name: "OneLogin",
	Steps: []string{
		"OneLogin administration: Applications, Add App, \"SCIM Provisioner with SAML (SCIM v2 Enterprise)\" or \"(SCIM v2 Core)\".",
		"Configuration: SCIM Base URL: " + url + ".",
		"SCIM Bearer Token: the token of the tenant.",
		"SCIM JSON Template: userName, name, emails, and what else you need. Do not put groups into it.",
		"API Status: Enable. OneLogin then makes a first request.",
		"Provisioning: Enable provisioning, and choose what happens when a user is removed: delete, suspend or nothing.",
		"Assign users to the application.",
	},
	Notes: []string{
		"Attributes that are not in the template do not change. OneLogin cannot remove a value.",
	},
	FirstSync: []string{
		"OneLogin looks up a user that does not exist, and then each assigned user by userName.",
		"Refresh Entitlements reads all groups.",
	},
	Limits: []string{
		"OneLogin cannot remove a value, and sends only what its template has.",
	},
	Sources: []string{
		"developers.onelogin.com/scim/implement-scim-api",
		"developers.onelogin.com/scim/define-user-schema",
		"www.livingsecurity.com/support/configuring-scim-for-onelogin",
	},
}

var jumpCloud = Guide{
	IDP: "jumpcloud", Name: "JumpCloud",
	Steps: []string{
		"JumpCloud Admin Portal: SSO Applications, Add New Application, Custom Application, \"Export users to this app (Identity Management)\".",
		"Identity Management: API type SCIM, SCIM version 2.0.",
		"Base URL: " + url + ", without a slash at its end.",
		"Token Key: the token of the tenant.",
		"Test User Email: an address that no user of the realm has.",
		"To manage groups too, enable the management of User Groups and Group Membership.",
		"Test Connection, Activate, Save. Then select the groups under User Groups.",
	},
	Notes: []string{
		"The test creates, changes, deactivates and deletes a user and a group in the realm. They are gone afterwards.",
	},
	FirstSync: []string{
		"Activation creates, changes, deactivates and deletes a user and a group. A tenant that is staged refuses that: let its canary become green first.",
		"Users are looked up by userName, created, and changed by PUT. Members are sent one by one.",
	},
	Limits: []string{
		"If deletion is off, users that leave stay, deactivated.",
	},
	Sources: []string{
		"jumpcloud.com/support (Identity Management using a Custom SCIM Integration)",
		"help.kisi.io/marketplace/identity_management/scim/jumpcloud",
	},
}

var pingFederate = Guide{
	IDP: "pingfederate", Name: "PingFederate",
	Steps: []string{
		"Create an SP connection with Outbound Provisioning, of the type SCIM Connector.",
		"Target: SCIM URL: " + url + ". SCIM version: 2.0.",
		"Authentication method: OAuth 2 Bearer Token. Access Token: the token of the tenant.",
		"Unique User Identifier: userName. It cannot be changed later without a new connection.",
		"Choose whether removing a user disables or deletes it.",
	},
	Notes: []string{
		"PingFederate cannot clear an attribute. If it sends two primary addresses, the one of type work counts.",
	},
	FirstSync: []string{
		"Users are looked up by the unique user identifier, and changed by PUT. Groups are sent whole, with all members.",
	},
	Limits: []string{
		"PingFederate cannot clear an attribute.",
	},
	Sources: []string{"docs.pingidentity.com/integrations/scim: SCIM provisioner settings reference"},
}

var pingOne = Guide{
	IDP: "pingone", Name: "PingOne",
	Steps: []string{
		"PingOne admin console: Integrations, Provisioning, +, New connection, Identity Store, SCIM Outbound.",
		"SCIM base URL: " + url + ". Users resource: /Users. Groups resource: /Groups. SCIM version: 2.0.",
		"Authentication method: OAuth 2 Bearer Token. OAuth Access Token: the token of the tenant. Auth type header: Bearer.",
		"Test connection, and continue.",
		"Preferences: leave the user filter at userName, and choose whether removing a user disables or deletes it.",
		"Enable the connection, and create a rule with the users and groups to provision.",
	},
	Notes: []string{"Group membership handling Overwrite and Merge both work."},
	FirstSync: []string{
		"Users are looked up by the user filter, such as userName Eq \"ada\", and created if there is none.",
	},
	Limits: []string{
		"Only the first value of an attribute with several values is sent.",
	},
	Sources: []string{
		"docs.pingidentity.com/pingone/integrations/p1_create_scim_connection.html",
		"developer.pingidentity.com/pingone-api: Create Store (SCIM)",
	},
}

var rippling = Guide{
	IDP: "rippling", Name: "Rippling",
	Steps: []string{
		"Rippling admin dashboard: IT, Third-Party Access, Add Integration, Create New Custom Integration, \"User Management via SCIM\".",
		"SCIM version: 2.0. SCIM base URL: " + url + ". SCIM authorization method: Bearer Token.",
		"Select Supports Groups, Supports Pagination, Create & Delete Groups and Use PATCH to edit Groups.",
		"Supported SCIM attributes: externalId, emails.primary, name.givenName, name.familyName, and what else you need.",
		"Install the integration, and paste the token of the tenant.",
	},
	Notes: []string{
		"Rippling does not send active when it creates or replaces a user: users are created enabled, and a replacement does not change that.",
	},
	FirstSync: []string{
		"Users are created enabled. Groups are created empty and get their members at once.",
	},
	Limits: []string{
		"The state of a user is changed by PATCH, or by a PUT that has active. A PUT without it keeps the state.",
	},
	Sources: []string{
		"help.kombo.dev: Rippling SCIM: How do I link my account",
		"workos.com/docs/integrations/rippling-scim",
	},
}

var google = Guide{
	IDP: "google", Name: "Google Workspace",
	Steps: []string{
		"Google provisions only applications of its own catalogue. There is no field for the URL of another server.",
		"If an application of the catalogue lets you enter a URL and a token: " + url + ", and the token of the tenant.",
	},
	Notes: []string{"If Google sends a userName that is an address, and no emails, the address becomes the work address."},
	FirstSync: []string{
		"Google looks at what it has assigned and creates it. It sends no groups.",
	},
	Limits: []string{
		"For other applications Google has no SCIM client: use a middleware that reads its Directory API.",
	},
	Sources: []string{"workos.com: Directory sync beyond SCIM"},
}

var bambooHR = Guide{
	IDP: "bamboohr", Name: "BambooHR",
	Steps: []string{
		"BambooHR has no SCIM client. A middleware must send the requests: follow its steps for a SCIM 2.0 target.",
		"Base URL: " + url + ". Authentication: bearer token, the token of the tenant.",
	},
	Notes: []string{"The requests of a middleware are understood as those of any other provider."},
	FirstSync: []string{
		"That depends on the middleware. Its requests should look users up before they create them.",
	},
	Limits: []string{
		"BambooHR itself sends nothing: changes arrive when the middleware reads them.",
	},
	Sources: []string{"workos.com/docs/integrations (BambooHR is an HRIS connector that is read by its API)"},
}
