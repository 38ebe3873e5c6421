// Makes the secrets of the compose stack on its first run and leaves them alone afterwards. Each kind of consumer has a volume of
// its own: /secrets/rabbitmq, /secrets/redis, /secrets/fairlead for the services, and /secrets/api-token for the command line
// alone, because a service needs only the digest of the token. Prints no secret.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";

const secret = () => randomBytes(24).toString("base64url");
const done = "/secrets/fairlead/tokens.yaml";

/** Readable by whichever user the consumer's image runs as; the volume is mounted nowhere else. */
function write(path, text) {
  writeFileSync(`${path}.new`, text, { mode: 0o444 });
  renameSync(`${path}.new`, path);
}

if (existsSync(done)) {
  console.log("secrets: already there");
} else {
  const rabbit = secret();
  const redis = secret();
  const token = `fl_${secret()}`;
  const digest = createHash("sha256").update(token).digest("hex");
  for (const consumer of ["rabbitmq", "redis", "fairlead", "api-token"])
    mkdirSync(`/secrets/${consumer}`, { recursive: true });

  write(
    "/secrets/rabbitmq/20-fairlead.conf",
    `default_user = fairlead\ndefault_pass = ${rabbit}\nlog.console = true\n`,
  );
  write("/secrets/redis/redis.conf", `requirepass ${redis}\n`);
  write("/secrets/fairlead/amqp-url", `amqp://fairlead:${rabbit}@rabbitmq:5672`);
  write("/secrets/fairlead/redis-url", `redis://:${redis}@redis:6379`);
  write("/secrets/api-token/token", token);
  // Last, because it says that everything is there.
  write(done, `tokens:\n  - name: compose\n    sha256: ${digest}\n    scopes: [admin]\n`);
  console.log("secrets: made; the API token is in the file `token` of the volume api-token");
}
