import { ActionIcon, Button, Menu } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { Ellipsis, Landmark, Pause, Play, RotateCcw, ScanSearch, Square } from "lucide-react"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type Dashboard, modelCalls, type PortfolioAction, refreshModels } from "@/lib/queries/models"
import { askOf, doneText, scanText } from "./action-words"
import { Promote } from "./promote"

/** Scan, pause or resume, and what is rarer in a menu; each says what it will do. */
export function Actions({ page }: { page: Dashboard }) {
  const { portfolio } = page
  const client = useQueryClient()
  const [asked, setAsked] = useState<PortfolioAction | null>(null)
  const [isPromoting, setPromoting] = useState(false)
  const acting = useMutation({
    mutationFn: (action: PortfolioAction) => modelCalls.act(portfolio.id, action),
    onSuccess: (_, action) => notifyDone(doneText(action, portfolio.name)),
    onError: (error) => notifyFailure("The portfolio was not changed", error),
    onSettled: () => {
      setAsked(null)
      void refreshModels(client)
    },
  })
  const scanning = useMutation({
    mutationFn: () => modelCalls.scan({ portfolio_id: portfolio.id }),
    onSuccess: (scan) => notifyDone(scanText(scan)),
    onError: (error) => notifyFailure("The scan failed", error),
    onSettled: () => refreshModels(client),
  })
  if (portfolio.status === "retired") return null
  const ask = asked && askOf(asked, page)
  return (
    <>
      <Button
        variant="default"
        leftSection={<ScanSearch size={14} />}
        loading={scanning.isPending}
        onClick={() => scanning.mutate()}
        title="Trade the days since the last scan, and propose purchases from the last final close"
      >
        Scan now
      </Button>
      {portfolio.status === "active" ? (
        <Button variant="default" leftSection={<Pause size={14} />} onClick={() => setAsked("pause")}>
          Pause
        </Button>
      ) : (
        <Button
          leftSection={<Play size={14} />}
          loading={acting.isPending}
          onClick={() => acting.mutate("resume")}
        >
          Resume
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label="More actions">
            <Ellipsis size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {portfolio.paper_mode && (
            <Menu.Item leftSection={<Landmark size={14} />} onClick={() => setPromoting(true)}>
              Trade it live
            </Menu.Item>
          )}
          {portfolio.paper_mode && (
            <Menu.Item leftSection={<RotateCcw size={14} />} onClick={() => setAsked("reset")}>
              Reset
            </Menu.Item>
          )}
          <Menu.Item
            color="red"
            leftSection={<Square size={14} />}
            disabled={page.positions.length > 0}
            onClick={() => setAsked("retire")}
          >
            {page.positions.length > 0
              ? `Retire: close ${count(page.positions.length, "position")} first`
              : "Retire"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isPromoting && <Promote portfolio={portfolio} onClose={() => setPromoting(false)} />}
      {ask && asked && (
        <Confirm
          opened
          title={ask.title}
          verb={ask.verb}
          isBusy={acting.isPending}
          onConfirm={() => acting.mutate(asked)}
          onClose={() => setAsked(null)}
        >
          {ask.text}
        </Confirm>
      )}
    </>
  )
}
