import { ActionIcon, Menu } from "@mantine/core"
import { download, downloadCsv } from "@tradertape/ui/charts/download.ts"
import { Download } from "lucide-react"
import type { ReactNode } from "react"
import { Section } from "./section"

type Row = Record<string, string | number | boolean | null | undefined>

interface Props {
  title: string
  note?: ReactNode
  file: string
  png?: () => string | undefined
  rows: () => readonly Row[]
  extra?: ReactNode
  children: ReactNode
}

/** A chart in a card, exportable as an image and as CSV. */
export function ChartSection({ title, note, file, png, rows, extra, children }: Props) {
  const savePng = () => {
    const picture = png?.()
    if (picture) download(`${file}.png`, picture)
  }
  const menu = (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon aria-label={`Export ${title}`} size="sm">
          <Download size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {png && <Menu.Item onClick={savePng}>Image (PNG)</Menu.Item>}
        <Menu.Item onClick={() => downloadCsv(`${file}.csv`, rows())}>Data (CSV)</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
  const action = (
    <div style={{ display: "flex", gap: 8, alignItems: "center" }}>
      {extra}
      {menu}
    </div>
  )
  return (
    <Section title={title} note={note} action={action}>
      {children}
    </Section>
  )
}
