import { useQueryClient } from "@tanstack/react-query"
import { useRouter } from "@tanstack/react-router"
import { type Me, meQuery } from "@/lib/queries/auth"

/** A path of this site, or home: a sign-in link must not send anybody elsewhere. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/"
}

/** What to do once the server has let somebody in. */
export function useEntered(next: string | undefined) {
  const client = useQueryClient()
  const router = useRouter()
  return async (_me: Me) => {
    client.clear()
    await client.prefetchQuery(meQuery)
    router.history.push(safeNext(next))
  }
}
