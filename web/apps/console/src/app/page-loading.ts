/** The code or styles of a page could not be loaded: the server is unreachable or was upgraded. */
export class PageLoadError extends Error {
  constructor(cause: unknown) {
    super("Part of this page could not be loaded", { cause })
    this.name = "PageLoadError"
  }
}

let hasFailed = false

/**
 * Whether loading a page has failed since this document was opened. The bundler requests the styles of a page only
 * once: after a failure that page would be shown without them, so the next navigation must reload the document.
 */
export function hasFailedPageLoad(): boolean {
  return hasFailed
}

/** Return what `load` fetches. Raises PageLoadError, on which the router, unlike on other errors, does not reload. */
export async function loadPage<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    hasFailed = true
    throw new PageLoadError(error)
  }
}
