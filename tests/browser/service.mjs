// The service in a process of its own, with a superuser, on data of its own.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = process.env.TESSERA ?? fileURLToPath(new URL("../../target/debug/tessera", import.meta.url));

export const SUPERUSER = { email: "root@example.com", username: "root", password: "correct horse battery" };

/** Starts it, and waits until it says where it listens. */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), "tessera-browser-"));
  const env = { PATH: process.env.PATH, LISTEN_ADDR: "127.0.0.1:0", BCRYPT_COST: "4", RATE_LIMIT: "off", LOG_FORMAT: "json" };
  const options = { cwd: folder, env };
  const { email, username, password } = SUPERUSER;
  const names = ["--email", email, "--username", username];
  const made = spawnSync(PROGRAM, ["user", "create", ...names, "--superuser"], { ...options, input: `${password}\n` });
  if (made.status !== 0) throw new Error(`no superuser: ${made.error ?? made.stderr}`);
  const child = spawn(PROGRAM, [], { ...options, stdio: ["ignore", "ignore", "pipe"] });
  const origin = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      const address = /127\.0\.0\.1:[1-9]\d*/.exec(line);
      if (address) resolve(`http://${address[0]}`);
    });
  });
  const stop = async () => {
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };
  return { origin, stop };
}
