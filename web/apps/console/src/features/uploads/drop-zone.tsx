import { Button, FileButton, Group, Paper, Text } from "@mantine/core"
import { useState } from "react"
import classes from "./uploads.module.css"

interface Props {
  accept: string
  isMany: boolean
  isBusy: boolean
  onFiles: (files: File[]) => void
}

/** Takes files that are dropped or chosen. */
export function DropZone({ accept, isMany, isBusy, onFiles }: Props) {
  const [isOver, setOver] = useState(false)
  const take = (given: File[]) => {
    const files = isMany ? given : given.slice(0, 1)
    if (files.length > 0) onFiles(files)
  }
  const button = (open: { onClick: () => void }) => (
    <Button {...open} loading={isBusy}>
      {isMany ? "Choose files" : "Choose a file"}
    </Button>
  )
  return (
    <Paper
      className={classes.zone}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        if (!isBusy) take([...event.dataTransfer.files])
      }}
    >
      <Group justify="center" gap="sm">
        <Text size="sm" c="dimmed">
          {isMany ? "Drop files here, up to 50, or" : "Drop a file here, or"}
        </Text>
        {isMany ? (
          <FileButton multiple accept={accept} onChange={take} inputProps={{ "aria-label": "Files" }}>
            {button}
          </FileButton>
        ) : (
          <FileButton
            accept={accept}
            onChange={(file) => take(file ? [file] : [])}
            inputProps={{ "aria-label": "File" }}
          >
            {button}
          </FileButton>
        )}
      </Group>
    </Paper>
  )
}
