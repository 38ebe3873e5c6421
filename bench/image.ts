/** The image of one service: its size, what Fairlead adds to its base, and the time from `docker run` to ready. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, report } from "./figures.ts";
import { freePort } from "./processes.ts";

const image = "fairlead/tcp-gateway";
const base = "node:24-bookworm-slim";
const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8" }).trim();
const mib = (name: string) => Number(docker("image", "inspect", "--format", "{{.Size}}", name)) / 2 ** 20;

/** Milliseconds from `docker run` to the first ready answer. */
async function coldStart(directory: string): Promise<number> {
  const [http, tcp] = [await freePort(), await freePort()];
  const config = { http: { port: http }, "tcp-gateway": { listeners: [{ name: "lines", port: tcp }] } };
  await writeFile(join(directory, "fairlead.yaml"), JSON.stringify(config), { mode: 0o644 });
  const startedAt = performance.now();
  const mount = `${join(directory, "fairlead.yaml")}:/etc/fairlead.yaml:ro`;
  const options = [
    "--network",
    "host",
    "--read-only",
    "--tmpfs",
    "/tmp",
    "-e",
    "FAIRLEAD_CONFIG=/etc/fairlead.yaml",
  ];
  const container = docker("run", "-d", "--rm", ...options, "-v", mount, image);
  try {
    for (;;) {
      const reply = await fetch(`http://127.0.0.1:${http}/readyz`).catch(() => undefined);
      if (reply?.status === 200) return performance.now() - startedAt;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    docker("stop", container);
  }
}

export async function measure(isSmoke: boolean): Promise<void> {
  docker("build", "-q", "-f", "services/Dockerfile", "--build-arg", "SERVICE=tcp-gateway", "-t", image, ".");
  const directory = await mkdtemp(join(tmpdir(), "fairlead-image-"));
  const starts: number[] = [];
  for (let round = 0; round < (isSmoke ? 1 : 5); round++) starts.push(await coldStart(directory));
  await rm(directory, { recursive: true });
  report(
    "bench image: one service's container",
    [
      { what: `image ${image}`, value: `${mib(image).toFixed(0)} MiB` },
      { what: `of it the base ${base}`, value: `${mib(base).toFixed(0)} MiB` },
      { what: "docker run to ready", value: `${median(starts).toFixed(0)} ms (median of ${starts.length})` },
    ],
    [],
  );
}
