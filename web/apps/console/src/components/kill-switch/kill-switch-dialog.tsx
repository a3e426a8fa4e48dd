import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { count, instant } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { notifyDone } from "@/lib/notify"
import { type KillSwitchState, killSwitchQuery, setKillSwitch } from "@/lib/queries/risk"
import { overviewQuery } from "@/lib/queries/workers"
import { Failure } from "../states/failure"
import { closeKillSwitchDialog, useKillSwitchDialogOpen } from "./dialog-state"
import classes from "./kill-switch.module.css"

/** Above every other dialog: Mantine's default is 200. */
const ABOVE = 300

/** States the effect of the kill switch with numbers and asks for confirmation. Opens above any other dialog. */
export function KillSwitchDialog() {
  const { data: state } = useQuery(killSwitchQuery)
  const opened = useKillSwitchDialogOpen() && state !== undefined
  if (!state) return null
  const title = state.active ? "Trading is stopped" : "Stop all trading on this account?"
  return (
    <Modal opened={opened} onClose={closeKillSwitchDialog} title={title} zIndex={ABOVE}>
      {state.active ? (
        <Resume state={state} onClose={closeKillSwitchDialog} />
      ) : (
        <Stop onClose={closeKillSwitchDialog} />
      )}
    </Modal>
  )
}

function useSwitching(done: string, onClose: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: setKillSwitch,
    onSuccess: (next) => {
      client.setQueryData(killSwitchQuery.queryKey, next)
      void client.invalidateQueries({ queryKey: ["workers"] })
      notifyDone(done)
      onClose()
    },
  })
}

function Stop({ onClose }: { onClose: () => void }) {
  const overview = useQuery(overviewQuery)
  const [reason, setReason] = useState("")
  const [cancels, setCancels] = useState(true)
  const [exits, setExits] = useState(false)
  const switching = useSwitching("Trading is stopped", onClose)
  const orders = overview.data?.open_orders ?? 0
  const positions = overview.data?.open_positions ?? 0
  const verb = ["Stop trading", exits && positions > 0 && `exit ${count(positions, "position")}`]
  return (
    <Stack gap="sm">
      <ul className={classes.list}>
        <li>New entries are refused everywhere: from workers, GTTs and the console.</li>
        <li>Exits and cancellations are still allowed, and protection stays active.</li>
        <li>Runs are halted until you resume trading. The kill switch survives a server restart.</li>
      </ul>
      <Checkbox
        checked={cancels || exits}
        disabled={exits}
        onChange={(event) => setCancels(event.currentTarget.checked)}
        label={`Cancel open orders that would open or enlarge a position (${count(orders, "open order")})`}
      />
      <Checkbox
        checked={exits}
        onChange={(event) => setExits(event.currentTarget.checked)}
        label={`Exit ${count(positions, "open position")} at market · PAPER`}
      />
      <TextInput
        label="Reason"
        placeholder="Optional; recorded in every run's timeline"
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Failure error={switching.error} />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep trading
        </Button>
        <Button
          color="red"
          loading={switching.isPending}
          onClick={() =>
            switching.mutate({
              active: true,
              reason,
              cancel_orders: cancels || exits,
              exit_positions: exits,
            })
          }
        >
          {verb.filter(Boolean).join(" and ")}
        </Button>
      </Group>
    </Stack>
  )
}

function Resume({ state, onClose }: { state: KillSwitchState; onClose: () => void }) {
  const switching = useSwitching("Trading is resumed", onClose)
  const isServers = state.scope === "server"
  return (
    <Stack gap="sm">
      <Text size="sm">
        Stopped {instant(state.since)} by {state.by ?? "another user"}
        {state.reason ? `: ${state.reason}` : "."}
      </Text>
      <Text size="sm">
        {isServers
          ? "An administrator stopped the whole server; only an administrator can resume trading."
          : "Resuming lets the halted runs open positions again. It places no orders by itself."}
      </Text>
      <Failure error={switching.error} />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it stopped
        </Button>
        {!isServers && (
          <Button
            loading={switching.isPending}
            onClick={() =>
              switching.mutate({ active: false, reason: "", cancel_orders: false, exit_positions: false })
            }
          >
            Resume trading
          </Button>
        )}
      </Group>
    </Stack>
  )
}
