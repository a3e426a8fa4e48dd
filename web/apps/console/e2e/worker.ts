import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A worker started with the script and environment shown on the page. */
export interface Worker {
  said: () => string
  stop: () => void
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>
}

/** Parse `export NAME=value` lines. */
function environmentOf(exports: string): Record<string, string> {
  const lines = exports.split("\n").map((line) => /^export (\w+)=(.*)$/.exec(line.trim()))
  return Object.fromEntries(lines.flatMap((found) => (found ? [[found[1], found[2]]] : [])))
}

/** Start a script with the client library in WORKER_SDK. */
export async function startWorker(script: string, exports: string): Promise<Worker> {
  const folder = await mkdtemp(join(tmpdir(), "worker-"))
  const file = join(folder, "first_worker.py")
  await writeFile(file, script)
  const python: ChildProcess = spawn(process.env.WORKER_PYTHON ?? "python3", ["-u", file], {
    env: { ...process.env, ...environmentOf(exports), PYTHONPATH: process.env.WORKER_SDK ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  for (const stream of [python.stdout, python.stderr]) {
    stream?.on("data", (part) => {
      said += String(part)
    })
  }
  const ended = new Promise<number | null>((resolve) => python.on("exit", resolve))
  return { said: () => said, stop: () => python.kill(), ended }
}
