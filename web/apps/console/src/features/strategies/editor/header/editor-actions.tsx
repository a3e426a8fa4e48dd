import { ActionIcon, Button, Menu } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { useNavigate } from "@tanstack/react-router"
import { download } from "@tradertape/ui/charts/download.ts"
import { Copy, Download, Ellipsis, GitFork, Globe, Play, Redo2, Save, Trash2, Undo2 } from "lucide-react"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { PaperTrade } from "@/components/models/paper-trade"
import { LinkButton } from "@/components/page/link-button"
import type { Strategy } from "@/lib/queries/strategies"
import { useFork } from "@/lib/queries/use-fork"
import { useDelete, useShare } from "../state/use-strategy-calls"
import type { StrategyEditor } from "../state/use-strategy-editor"

interface Props {
  strategy: Strategy
  editor: StrategyEditor
}

/** Save, undo, backtest, and a menu of further actions. */
export function EditorActions({ strategy, editor }: Props) {
  const fork = useFork()
  const canSave = editor.isChanged && editor.problems.length === 0
  useHotkeys(
    [
      ["mod+S", () => canSave && strategy.is_mine && editor.save()],
      ["mod+Z", editor.undo],
      ["mod+shift+Z", editor.redo],
    ],
    ["INPUT", "TEXTAREA"],
  )
  return (
    <>
      {strategy.is_mine && (
        <>
          <ActionIcon aria-label="Undo" disabled={!editor.canUndo} onClick={editor.undo}>
            <Undo2 size={16} />
          </ActionIcon>
          <ActionIcon aria-label="Redo" disabled={!editor.canRedo} onClick={editor.redo}>
            <Redo2 size={16} />
          </ActionIcon>
        </>
      )}
      <Backtest strategy={strategy} editor={editor} canSave={canSave} />
      <PaperTrade
        strategy={strategy}
        note={editor.isChanged ? "What you changed and did not save is not part of it." : undefined}
      />
      {strategy.is_mine ? (
        <Button
          leftSection={<Save size={14} />}
          disabled={!canSave}
          loading={editor.isSaving}
          onClick={() => editor.save()}
        >
          Save
        </Button>
      ) : (
        <Button
          leftSection={<GitFork size={14} />}
          loading={fork.isPending}
          onClick={() => fork.mutate(strategy.id)}
        >
          Fork to change it
        </Button>
      )}
      <More strategy={strategy} editor={editor} onFork={() => fork.mutate(strategy.id)} />
    </>
  )
}

/** Go to the form of a backtest; unsaved changes are saved first, so that the run includes them. */
function Backtest({ strategy, editor, canSave }: Props & { canSave: boolean }) {
  const navigate = useNavigate()
  const to = { to: "/backtests/new", search: { strategy: strategy.id } } as const
  if (!strategy.is_mine || !editor.isChanged)
    return (
      <LinkButton {...to} variant="default" leftSection={<Play size={14} />}>
        Backtest
      </LinkButton>
    )
  return (
    <Button
      variant="default"
      leftSection={<Play size={14} />}
      disabled={!canSave}
      loading={editor.isSaving}
      onClick={() => editor.save(() => void navigate({ ...to, ignoreBlocker: true }))}
    >
      Save and backtest
    </Button>
  )
}

function More({ strategy, editor, onFork }: Props & { onFork: () => void }) {
  const [isAsking, setAsking] = useState(false)
  const share = useShare(strategy, editor)
  const remove = useDelete(strategy)
  const save = () => {
    const file = new Blob([JSON.stringify(editor.document, null, 2)], { type: "application/json" })
    download(`${strategy.name}.json`, URL.createObjectURL(file))
  }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label="More actions">
            <Ellipsis size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {strategy.is_mine && (
            <Menu.Item leftSection={<GitFork size={14} />} onClick={onFork}>
              Fork
            </Menu.Item>
          )}
          <Menu.Item leftSection={<Download size={14} />} onClick={save}>
            Export as a file
          </Menu.Item>
          <Menu.Item
            leftSection={<Copy size={14} />}
            onClick={() => void navigator.clipboard.writeText(JSON.stringify(editor.document, null, 2))}
          >
            Copy JSON
          </Menu.Item>
          {strategy.is_mine && (
            <>
              <Menu.Item leftSection={<Globe size={14} />} onClick={() => share.mutate(!strategy.is_public)}>
                {strategy.is_public ? "Stop sharing" : "Share with all users"}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => setAsking(true)}>
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete “${strategy.name}”?`}
        verb="Delete"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(undefined, { onSettled: () => setAsking(false) })}
      >
        The strategy and its versions will be deleted. Its backtests and forks are kept.
      </Confirm>
    </>
  )
}
