import { Skeleton, Stack } from "@mantine/core"
import type { UseQueryResult } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { Failed } from "./problems"

interface Props<T> {
  query: UseQueryResult<T>
  what: string
  /** Heights of what comes, in pixels. */
  shape?: number[]
  children: (data: T) => ReactNode
}

/** A query's answer; before it comes its shape, and the reason where it does not. Old answers stay shown. */
export function Loaded<T>({ query, what, shape = [96, 96, 96], children }: Props<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.error) return <Failed error={query.error} what={what} retry={() => void query.refetch()} />
  return (
    <Stack gap="sm" aria-busy>
      {shape.map((height, place) => (
        <Skeleton key={place} height={height} radius={8} />
      ))}
    </Stack>
  )
}
