import { Skeleton, Stack } from "@mantine/core"
import type { UseQueryResult } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { ErrorState } from "@/components/states/error-state"

interface Props<T> {
  query: UseQueryResult<T>
  what: string
  children: (data: T) => ReactNode
}

/** A part of the book in each of its states: loading, failed, loaded. */
export function Loaded<T>({ query, what, children }: Props<T>) {
  const { data, error, refetch } = query
  if (data !== undefined) return <Stack gap="md">{children(data)}</Stack>
  if (error) return <ErrorState error={error} what={what} retry={() => void refetch()} />
  return (
    <Stack gap="md" role="status" aria-busy aria-label="Loading">
      <Skeleton height={78} />
      <Skeleton height={360} />
    </Stack>
  )
}
