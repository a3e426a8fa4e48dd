/** Code or styles of a page that could not be fetched: the server is away, or was upgraded. */
export class LostPart extends Error {
  constructor(cause: unknown) {
    super("A part of this page could not be fetched", { cause })
    this.name = "LostPart"
  }
}

let isAnyLost = false

/**
 * Whether a part was ever asked for in vain. The bundler asks for the styles of a page once: drawn later by the same
 * document it would have none, so the next page has to be loaded whole.
 */
export function hasLostPart(): boolean {
  return isAnyLost
}

/** What `load` fetches; a failure is a LostPart, which the router does not answer with a reload into nothing. */
export async function fetchPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    isAnyLost = true
    throw new LostPart(error)
  }
}
