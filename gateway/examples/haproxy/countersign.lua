-- SPDX-License-Identifier: Apache-2.0
-- countersign.lua - may this request pass: HAProxy asks countersignd
--
--	http-request lua.countersign wiki.example.com
--
-- The argument is the host as a literal (and its port, if that is not 443):
-- what the client says its host is never counts. HAProxy 2.6 or later, its own
-- HTTP client, no other module. Whatever is not plainly 200 is an answer of
-- ours or 503, never the application.

local CHECK = "http://127.0.0.1:9092/check"
-- HAProxy asks up to four times: so long each, and nobody waits longer for a
-- daemon that hangs.
local TIMEOUT_MS = 1500

-- What people read when there is no answer: the page behind the head of the
-- file that haproxy.cfg names for its own errors, read once at start.
local PAGE = "/etc/haproxy/unavailable.http"
local page = "Login is not working at the moment. " ..
    "Please try again in a few minutes.\n"
local page_type = "text/plain; charset=utf-8"
do
	local f = io.open(PAGE, "rb")
	local text = f and f:read("a"):match("\r?\n\r?\n(.*)$")
	if f then
		f:close()
	end
	if text then
		page, page_type = text, "text/html; charset=utf-8"
	end
end

-- What the application is told: each of them always, so that nothing that a
-- client sent under these names gets through.
local TOLD = { "remote-user", "remote-groups", "remote-name", "remote-email" }
-- What a check looks at, of the client's.
local ASKED = { "cookie", "accept", "user-agent", "sec-fetch-mode",
	"sec-fetch-dest", "sec-purpose", "purpose", "x-requested-with",
	"x-http-method", "x-http-method-override", "x-method-override" }
local DROPPED = { ["content-length"] = true, ["connection"] = true,
	["transfer-encoding"] = true, ["keep-alive"] = true }

local function lines_of(headers, name)
	local lines = {}
	local have = headers[name]
	if have then
		for i = 0, #have do
			if have[i] then
				lines[#lines + 1] = have[i]
			end
		end
	end
	return lines
end

-- remote_user would be read as Remote-User by some applications, remote.user by
-- PHP.
local function forged_remove(txn, headers)
	for name in pairs(headers) do
		local plain = name:lower():gsub("[_.]", "-")
		for _, told in ipairs(TOLD) do
			if plain == told then
				txn.http:req_del_header(name)
			end
		end
	end
end

local function question(txn, host, headers)
	local q = {
		["x-original-url"] = { "https://" .. host .. txn.sf:pathq() },
		["x-original-method"] = { txn.sf:method() },
		["x-real-ip"] = { txn.sf:src() },
	}
	for _, name in ipairs(ASKED) do
		local lines = lines_of(headers, name)
		if #lines > 0 then
			q[name] = lines
		end
	end
	return q
end

local function answer(txn, r)
	local reply = txn:reply()
	-- 500 and above is HAProxy's own word for no answer
	if not r or not r.status or r.status < 300 or r.status >= 500 then
		reply:set_status(503)
		reply:add_header("cache-control", "no-store")
		reply:add_header("retry-after", "30")
		reply:add_header("content-type", page_type)
		reply:set_body(page)
	else
		reply:set_status(r.status)
		for name, values in pairs(r.headers or {}) do
			for i = 0, #values do
				if values[i] and not DROPPED[name] then
					reply:add_header(name, values[i])
				end
			end
		end
		reply:set_body(r.body or "")
	end
	txn:done(reply)
end

local function check(txn, host)
	local headers = txn.http:req_get_headers()
	local asked = question(txn, host, headers)
	forged_remove(txn, headers)
	local r = core.httpclient():get{ url = CHECK, headers = asked,
	    timeout = TIMEOUT_MS }
	if not r or r.status ~= 200 then
		answer(txn, r)
		return
	end
	for _, name in ipairs(TOLD) do
		local value = lines_of(r.headers, name)[1]
		if value and value ~= "" then
			txn.http:req_set_header(name, value)
		end
	end
	-- the request's cookies without ours; none is no line at all
	local cookie = lines_of(r.headers, "cookie")[1]
	txn.http:req_del_header("cookie")
	if cookie and cookie ~= "" then
		txn.http:req_set_header("cookie", cookie)
	end
end

core.register_action("countersign", { "http-req" }, check, 1)
