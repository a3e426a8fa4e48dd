import { Drawer, type DrawerRootProps, Modal, type ModalRootProps } from "@mantine/core"
import { type ReactNode, useEffect, useState } from "react"
import { useKillSwitchDialogOpen } from "../kill-switch/dialog-state"
import { KillSwitch } from "../kill-switch/kill-switch"
import classes from "./dialog.module.css"

interface Head {
  title: ReactNode
  children: ReactNode
}

const TRANSITION = { duration: 120 }

/** Return focus when a dialog is unmounted on close; Mantine does so only for dialogs that stay mounted. */
function useReturnFocus(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      setTimeout(() => {
        const hasNoFocus = document.activeElement === null || document.activeElement === document.body
        if (hasNoFocus && before instanceof HTMLElement) before.focus({ preventScroll: true })
      })
    },
    [before],
  )
}

/** A dialog. It covers the top bar, so its header has the kill switch too. */
export function Dialog({ title, children, ...root }: Head & Omit<ModalRootProps, "title" | "children">) {
  const isBehindKillSwitch = useKillSwitchDialogOpen()
  useReturnFocus()
  return (
    <Modal.Root
      centered
      transitionProps={TRANSITION}
      closeOnEscape={!isBehindKillSwitch}
      trapFocus={!isBehindKillSwitch}
      {...root}
    >
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Header className={classes.head}>
          <Modal.Title className={classes.title}>{title}</Modal.Title>
          <Modal.CloseButton className={classes.close} aria-label="Close" />
          <KillSwitch />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

/** The same, opening from the right edge beside its subject. */
export function SideDialog({ title, children, ...root }: Head & Omit<DrawerRootProps, "title" | "children">) {
  const isBehindKillSwitch = useKillSwitchDialogOpen()
  useReturnFocus()
  return (
    <Drawer.Root
      position="right"
      transitionProps={TRANSITION}
      closeOnEscape={!isBehindKillSwitch}
      trapFocus={!isBehindKillSwitch}
      {...root}
    >
      <Drawer.Overlay />
      <Drawer.Content>
        <Drawer.Header className={classes.head}>
          <Drawer.Title className={classes.title}>{title}</Drawer.Title>
          <Drawer.CloseButton className={classes.close} aria-label="Close" />
          <KillSwitch />
        </Drawer.Header>
        <Drawer.Body>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}
