/** The address of this server. */
export function serverAddress(): string {
  return typeof window === "undefined" ? "http://localhost:18777" : window.location.origin
}

/** The command that installs a package from this server; pip wants plain HTTP of other machines confirmed. */
export function installLine(name: string): string {
  const url = new URL(serverAddress())
  const isSafe = url.protocol === "https:" || ["localhost", "127.0.0.1"].includes(url.hostname)
  const trusted = isSafe ? "" : `--trusted-host ${url.hostname} `
  return `pip install ${trusted}--extra-index-url ${serverAddress()}/sdk/simple/ ${name}`
}
