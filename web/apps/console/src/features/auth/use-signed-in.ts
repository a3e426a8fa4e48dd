import { useQueryClient } from "@tanstack/react-query"
import { useRouter } from "@tanstack/react-router"
import { type Me, meQuery } from "@/lib/queries/auth"

/** Return `next` if it is a path of this site, else home: prevents open redirects. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/"
}

/** Return the handler to call after a successful sign-in. */
export function useSignedIn(next: string | undefined) {
  const client = useQueryClient()
  const router = useRouter()
  return async (_me: Me) => {
    client.clear()
    await client.prefetchQuery(meQuery)
    router.history.push(safeNext(next))
  }
}
