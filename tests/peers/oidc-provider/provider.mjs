// SPDX-License-Identifier: Apache-2.0
// provider.mjs SETTINGS - a certified OpenID provider for tests
//
// SETTINGS is a JSON file, its paths relative to it:
//   issuer          https://127.0.0.1:PORT
//   clients         as oidc-provider has them; "pem": {kid, alg, file} in one
//                   becomes its jwks, "enc": {kid, alg, file} likewise
//   trust           a CA file for back-channel calls
//   options         laid over the configuration below
//   claims          of each person, laid over what is made from the name; read
//                   again each time
//   acr             what the login of each person is worth; others' has none
//   dpop_nonce      true: nonces are demanded
//   client_ca       a CA file: client certificates are asked for
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const file = process.argv[2];
const settings = JSON.parse(fs.readFileSync(file));
const here = path.dirname(file);
const read = (name) => fs.readFileSync(path.resolve(here, name));
const issuer = settings.issuer;

function made(kid, alg, type, options) {
	const { privateKey } = generateKeyPairSync(type, options);
	return { ...privateKey.export({ format: 'jwk' }), kid, alg,
		use: 'sig' };
}

// Keys survive a restart.
function kept(name, make) {
	const at = path.join(here, name);
	if (!fs.existsSync(at))
		fs.writeFileSync(at, JSON.stringify({ keys: make() }));
	return JSON.parse(fs.readFileSync(at));
}

const jwks = kept('op-jwks.json', () => [
	made('rsa1', 'RS256', 'rsa', { modulusLength: 2048 }),
	made('ps1', 'PS256', 'rsa', { modulusLength: 2048 }),
	made('ec1', 'ES256', 'ec', { namedCurve: 'P-256' }),
	made('ec3', 'ES384', 'ec', { namedCurve: 'P-384' }),
	made('ed1', 'EdDSA', 'ed25519'),
]);

function published(key, use) {
	return { ...createPublicKey(read(key.file)).export({ format: 'jwk' }),
		kid: key.kid, alg: key.alg, use };
}

function client({ pem, enc, ...rest }) {
	const keys = [];
	if (pem)
		keys.push(published(pem, 'sig'));
	if (enc)
		keys.push(published(enc, 'enc'));
	if (keys.length > 0)
		rest.jwks = { keys };
	return rest;
}

// Names below .localhost are this machine, whatever a resolver says.
const agent = new https.Agent({
	ca: settings.trust ? read(settings.trust) : undefined,
	lookup: (host, options, done) => options.all ?
		done(null, [{ address: '127.0.0.1', family: 4 }]) :
		done(null, '127.0.0.1', 4),
});

function fetchLocal(url, { method, headers, body } = {}) {
	return new Promise((resolve, reject) => {
		const rq = https.request(url, { method, agent,
			headers: Object.fromEntries(new Headers(headers)) });
		rq.on('error', reject);
		rq.on('response', (rs) => {
			const parts = [];
			rs.on('data', (d) => parts.push(d));
			rs.on('end', () => resolve(new Response(
				parts.length ? Buffer.concat(parts) : null,
				{ status: rs.statusCode })));
		});
		rq.end(body ? String(body) : undefined);
	});
}

const algs = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];
const configuration = {
	jwks,
	clients: settings.clients.map(client),
	cookies: { keys: ['a-key-for-tests'] },
	scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
	claims: {
		openid: ['sub'],
		profile: ['name', 'preferred_username', 'realm_access'],
		email: ['email', 'email_verified'], groups: ['groups'],
		acr: null, auth_time: null, amr: null,
	},
	acrValues: ['urn:example:loa1', 'urn:example:loa2'],
	enabledJWA: {
		idTokenSigningAlgValues: [...algs, 'HS256'],
		idTokenEncryptionAlgValues: ['dir', 'RSA-OAEP-256', 'ECDH-ES'],
		idTokenEncryptionEncValues: ['A128GCM', 'A256GCM',
			'A128CBC-HS256', 'A256CBC-HS512'],
		userinfoSigningAlgValues: algs,
		userinfoEncryptionAlgValues: ['RSA-OAEP-256', 'ECDH-ES'],
		userinfoEncryptionEncValues: ['A128GCM', 'A256GCM'],
		requestObjectSigningAlgValues: ['PS256', 'ES256', 'EdDSA'],
		authorizationSigningAlgValues: algs,
		clientAuthSigningAlgValues: ['HS256', ...algs],
		dPoPSigningAlgValues: ['PS256', 'ES256', 'EdDSA'],
	},
	clientAuthMethods: ['client_secret_basic', 'client_secret_post',
		'client_secret_jwt', 'private_key_jwt', 'none',
		'self_signed_tls_client_auth', 'tls_client_auth'],
	features: {
		devInteractions: { enabled: true },
		pushedAuthorizationRequests: { enabled: true },
		requestObjects: { enabled: true },
		jwtResponseModes: { enabled: true },
		jwtUserinfo: { enabled: true },
		dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 1),
			requireNonce: () => settings.dpop_nonce === true },
		mTLS: {
			enabled: true, certificateBoundAccessTokens: true,
			tlsClientAuth: true, selfSignedTlsClientAuth: true,
			getCertificate: (ctx) =>
				ctx.socket.getPeerX509Certificate?.(),
			certificateAuthorized: (ctx) => ctx.socket.authorized,
			certificateSubjectMatches: (ctx, property, expected) =>
				property === 'tls_client_auth_subject_dn' &&
				ctx.socket.getPeerX509Certificate()?.subject ===
				expected,
		},
		backchannelLogout: { enabled: true },
		rpInitiatedLogout: { enabled: true },
		claimsParameter: { enabled: true },
		encryption: { enabled: true },
		revocation: { enabled: true },
		introspection: { enabled: true },
		userinfo: { enabled: true },
	},
	issueRefreshToken: (ctx, client) =>
		client.grantTypeAllowed('refresh_token'),
	pkce: { required: () => true },
	ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600,
		Interaction: 600, Session: 86400, Grant: 86400,
		RefreshToken: 86400 },
	fetch: fetchLocal,
	findAccount: (ctx, id) => ({
		accountId: id,
		claims: () => ({
			sub: id, name: `User ${id}`, preferred_username: id,
			email: `${id}@example.test`, email_verified: true,
			groups: ['staff', `group-of-${id}`],
			realm_access: { roles: ['staff', `role-of-${id}`] },
			...JSON.parse(read(file)).claims?.[id],
		}),
	}),
	...settings.options,
};

const provider = new Provider(issuer, configuration);

// A login page that says how it was proved who somebody is.
const finished = provider.interactionFinished.bind(provider);
provider.interactionFinished = (rq, rs, result, options) => {
	const acr = settings.acr?.[result.login?.accountId];
	if (acr)
		result.login.acr = acr;
	return finished(rq, rs, result, options);
};

// The only diagnosis there is.
for (const event of ['server_error', 'authorization.error', 'grant.error',
	'userinfo.error', 'pushed_authorization_request.error',
	'revocation.error', 'end_session.error', 'backchannel.error',
	'backchannel.success'])
	provider.on(event, (ctx, err) => console.error(event,
		err?.error_description ?? err?.message ?? '',
		err?.error_detail ?? '', err?.stack ?? ''));

const { hostname, port } = new URL(issuer);
const answer = provider.callback();
const server = https.createServer({ key: read('server.key'),
	cert: read('server.crt'),
	requestCert: !!settings.client_ca, rejectUnauthorized: false,
	ca: settings.client_ca ? read(settings.client_ca) : undefined,
}, (rq, rs) => {
	console.error(`${rq.method} ${rq.url.split('?')[0]}`);
	answer(rq, rs);
});
server.listen(port, hostname);
