import { CREDENTIAL_HEADERS, IDENTITY_HEADERS } from '../core/model/header-names.js';
import { forwardAuthContract } from './forward-auth.js';
import { certifiedName, type Integration } from './integration.js';

/** HAProxy asks from Lua, with its own HTTP client. */
export const haproxy: Integration = {
  name: 'haproxy',
  summary: 'HAProxy (2.5 or later, with Lua) asks keywright from a Lua action',
  configuration: ({ httpUrl, caFile }) => [
    {
      name: 'haproxy.cfg',
      text: `global
    lua-load keywright.lua            # the file beside this one
${httpUrl.startsWith('https:') ? `    httpclient.ssl.ca-file ${caFile}\n    httpclient.ssl.verify required\n` : ''}
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s

frontend callers
    bind 127.0.0.1:8000               # where callers come in
    http-request lua.keywright
    http-request return status 401 content-type application/problem+json lf-string "%[var(txn.keywright_body)]" hdr WWW-Authenticate "%[var(txn.keywright_challenge)]" if { var(txn.keywright_status) -m int 401 }
    http-request return status 429 content-type application/problem+json lf-string "%[var(txn.keywright_body)]" hdr Retry-After "%[var(txn.keywright_retry)]" if { var(txn.keywright_status) -m int 429 }
    http-request return status 403 content-type application/problem+json lf-string "%[var(txn.keywright_body)]" if { var(txn.keywright_status) -m int 403 }
    # Nobody gets in while keywright does not answer.
    http-request return status 503 unless { var(txn.keywright_status) -m int 200 }
${CREDENTIAL_HEADERS.map((name) => `    http-request del-header ${name}`).join('\n')}
    default_backend application

backend application
    server one 127.0.0.1:8080         # what HAProxy stands in front of
`,
    },
    {
      name: 'keywright.lua',
      text: `-- Asks keywright about each request, and says who is calling.
local URL = "${httpUrl}/verify"
local IDENTITY = { ${IDENTITY_HEADERS.map((name) => `"${name.toLowerCase()}"`).join(', ')} }
-- What is said here, not by the caller, and what is about its connection and its body.
local OWN = {
  ["x-original-method"] = true, ["x-original-uri"] = true, ["x-original-url"] = true,
  ["x-forwarded-method"] = true, ["x-forwarded-uri"] = true, ["x-forwarded-for"] = true, ["x-real-ip"] = true,
  ["x-ssl-client-cert"] = true, ["x-forwarded-client-cert"] = true, ["x-forwarded-tls-client-cert"] = true,
  ["host"] = true, ["connection"] = true, ["keep-alive"] = true, ["te"] = true, ["trailer"] = true, ["upgrade"] = true,
  ["content-length"] = true, ["transfer-encoding"] = true, ["expect"] = true, ["content-type"] = true,
}

local function first(headers, name)
  return headers and headers[name] and headers[name][0] or ""
end

core.register_action("keywright", { "http-req" }, function(txn)
  txn:set_var("txn.keywright_status", 503)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not OWN[name] then
      local list = {}
      for _, value in pairs(values) do table.insert(list, value) end
      headers[name] = list
    end
  end
  -- The certificate is for this name, too, and compared by it.
  headers["host"] = { "${certifiedName(httpUrl)}" }
  headers["x-original-method"] = { txn.sf:method() }
  headers["x-original-uri"] = { txn.sf:pathq() }
  headers["x-forwarded-for"] = { txn.sf:src() }
  local answered, answer = pcall(function()
    return core.httpclient():get({ url = URL, headers = headers, timeout = 2000 })
  end)
  if not answered or not answer then return end
  txn:set_var("txn.keywright_body", answer.body or "")
  txn:set_var("txn.keywright_challenge", first(answer.headers, "www-authenticate"))
  txn:set_var("txn.keywright_retry", first(answer.headers, "retry-after"))
  -- Applications behind CGI and its kin take other characters for "-".
  for name in pairs(txn.http:req_get_headers()) do
    if name:gsub("[^a-z0-9]", "-"):sub(1, 7) == "x-auth-" then txn.http:req_del_header(name) end
  end
  -- What a caller's own Connection header lists could be dropped on the way.
  if txn.sf:req_hdr("upgrade") ~= "" then txn.http:req_set_header("connection", "upgrade")
  else txn.http:req_del_header("connection") end
  if answer.status == 200 then
    for _, name in ipairs(IDENTITY) do txn.http:req_set_header(name, first(answer.headers, name)) end
  end
  txn:set_var("txn.keywright_status", answer.status)
end)
`,
    },
  ],
  contract: forwardAuthContract(({ method, path }) => ({
    method: 'GET',
    path: '/verify',
    headers: { 'x-original-method': method, 'x-original-uri': path },
  })),
};
