import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { count, discreet, instant } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { notifyDone } from "@/lib/notify"
import {
  type KillSwitchState,
  killSwitchQuery,
  releaseKillSwitch,
  turnKillSwitchOn,
} from "@/lib/queries/risk"
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
        <Stop state={state} onClose={closeKillSwitchDialog} />
      )}
    </Modal>
  )
}

function useSwitching<T>(change: (body: T) => Promise<KillSwitchState>, done: string, onClose: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: (next) => {
      client.setQueryData(killSwitchQuery.queryKey, next)
      void client.invalidateQueries({ queryKey: ["workers"] })
      void client.invalidateQueries({ queryKey: ["risk"] })
      notifyDone(done)
      onClose()
    },
  })
}

function Stop({ state, onClose }: { state: KillSwitchState; onClose: () => void }) {
  const [reason, setReason] = useState("")
  const [cancels, setCancels] = useState(true)
  const [exits, setExits] = useState(false)
  const [isSure, setSure] = useState(false)
  const switching = useSwitching(turnKillSwitchOn, "Trading is stopped", onClose)
  const orders = state.open_entries ?? 0
  const positions = state.open_positions ?? 0
  const verb = [
    "Stop trading",
    (cancels || exits) && orders > 0 && `cancel ${count(orders, "order")}`,
    exits && positions > 0 && `exit ${count(positions, "position")}`,
  ]
  const says = verb.filter(Boolean).join(", ")
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
        label={`Cancel open orders that would open or enlarge a position (${count(orders, "order")})`}
      />
      <Checkbox
        checked={exits}
        onChange={(event) => setExits(event.currentTarget.checked)}
        label={`Exit ${count(positions, "open position")} at market`}
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
            isSure
              ? switching.mutate({ reason, cancel_orders: cancels || exits, close_positions: exits })
              : setSure(true)
          }
        >
          {isSure ? `Yes: ${says}` : says}
        </Button>
      </Group>
    </Stack>
  )
}

function Resume({ state, onClose }: { state: KillSwitchState; onClose: () => void }) {
  const switching = useSwitching<void>(releaseKillSwitch, "Trading is resumed", onClose)
  const [word, setWord] = useState("")
  const isServers = state.scope === "server"
  return (
    <Stack gap="sm">
      <Text size="sm">
        Stopped {instant(state.since)} by {state.by ?? "another user"}
        {state.reason ? `: ${discreet(state.reason)}` : "."}
      </Text>
      <Text size="sm">
        {isServers
          ? "An administrator stopped the whole server; only an administrator can resume trading."
          : "Resuming lets the halted runs open positions again. It places no orders by itself."}
      </Text>
      {!isServers && (
        <TextInput
          label="Type RELEASE to resume trading"
          description={
            state.releasable_at
              ? `Possible from ${instant(state.releasable_at)}: a minute after it began`
              : ""
          }
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
        />
      )}
      <Failure error={switching.error} />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it stopped
        </Button>
        {!isServers && (
          <Button
            loading={switching.isPending}
            disabled={word.trim() !== "RELEASE"}
            onClick={() => switching.mutate()}
          >
            Resume trading
          </Button>
        )}
      </Group>
    </Stack>
  )
}
