import { Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Section } from "@tradertape/ui/components/section.tsx"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { calls, refresh, statusQuery } from "@/lib/queries"

/** Stops entries on this machine, at once and without a question; starting again is the same button. */
export function KillSwitch() {
  const client = useQueryClient()
  const { data } = useQuery(statusQuery)
  const isOn = data?.kill_switch.local ?? false
  const switching = useMutation({
    mutationFn: () => calls.kill(!isOn),
    onSuccess: ({ on }) => notifyDone(on ? "Kill switch on: no entry is placed" : "Kill switch off"),
    onError: (error) => notifyFailure("The kill switch was not changed", error),
    onSettled: () => refresh(client),
  })
  return (
    <Section
      title="Kill switch"
      note={
        isOn
          ? "On: no entry is placed from this machine. Exits and stops still pass."
          : "Off. On, no entry is placed from this machine; exits and stops still pass."
      }
      action={
        <Button
          color={isOn ? "iris" : "red"}
          disabled={!data}
          loading={switching.isPending}
          onClick={() => switching.mutate()}
        >
          {isOn ? "Allow entries again" : "Stop entries"}
        </Button>
      }
    >
      {null}
    </Section>
  )
}
