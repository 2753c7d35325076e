# Makes this home and what was handed over, by the program that wrote format 1. Run in an empty directory with
# `keywright` being that program.
set -euo pipefail
export KEYWRIGHT_HOME=$PWD/home
printf 'correct horse battery' > password
keywright user add ada --email ada@example.com --role admin --password-file password
keywright user add bob --email bob@example.com --scope ingest --password-file password
keywright ca init --valid-for 90y
keywright key gen pump01 --valid-for 80y --output replaced
keywright key gen pump01 --valid-for 80y --force
keywright key gen gone --valid-for 80y
keywright key del gone --yes
keywright key gen owned --owner bob --valid-for 80y --mqtt-password alone
keywright register token --label sensors --expires never --json > sensors.json
keywright register token --client pump01 --label extra --expires never --json > extra.json
keywright provision key create --uses 3 --expires never --json > provisioning.json
keywright serve --http tcp://127.0.0.1:0 --mqtt tcp://127.0.0.1:0 --json > urls 2> log &
server=$!
until [ -s urls ]; do sleep 0.1; done
url=$(node -p 'JSON.parse(fs.readFileSync("urls", "utf8")).http.replace("tcp", "http")')
key=$(node -p 'JSON.parse(fs.readFileSync("sensors.json", "utf8")).apiKey')
curl -fsS -H "authorization: Bearer $key" "$url/verify" > /dev/null
curl -fsS -H 'content-type: application/json' -d '{"username":"ada","password":"correct horse battery"}' "$url/api/v1/auth/login" > session.json
token=$(curl -fsS -d grant_type=client_credentials -u "$(node -p 'const k = JSON.parse(fs.readFileSync("extra.json", "utf8")); `${k.clientId}:${k.apiKey}`')" "$url/oauth/token" | node -p 'JSON.parse(fs.readFileSync(0)).access_token')
curl -fsS -d "token=$token" -u "$(node -p 'const k = JSON.parse(fs.readFileSync("extra.json", "utf8")); `${k.clientId}:${k.apiKey}`')" "$url/oauth/revoke"
sleep 2
kill $server
wait $server
rm -f urls log
