import { Kbd, Menu, Text, useComputedColorScheme, useMantineColorScheme } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { Activity, CircleUser, EyeOff, FileUp, LogOut, Moon, Settings, Sun } from "lucide-react"
import { forgetSecretsOnSignOut } from "@/lib/brokers/secrets"
import { notifyFailure } from "@/lib/notify"
import { toggleDiscreet, usePreferences } from "@/lib/preferences"
import { meQuery, signOut } from "@/lib/queries/auth"
import classes from "./navigation.module.css"

/** Appearance switches and sign-out, as items of a menu. */
export function AccountItems({ className }: { className?: string }) {
  const { data: me } = useQuery(meQuery)
  const { discreet } = usePreferences()
  const { toggleColorScheme } = useMantineColorScheme()
  const navigate = useNavigate()
  const client = useQueryClient()
  const signingOut = useMutation({
    mutationFn: () => signOut(false),
    onSuccess: () => {
      if (me) forgetSecretsOnSignOut(me.id)
      client.clear()
      void navigate({ to: "/sign-in" })
    },
    onError: (error) => notifyFailure("You are still signed in", error),
  })
  const isDark = useComputedColorScheme("light") === "dark"
  return (
    <>
      <Menu.Item
        className={className}
        leftSection={isDark ? <Sun size={15} /> : <Moon size={15} />}
        onClick={toggleColorScheme}
      >
        {isDark ? "Light" : "Dark"} appearance
      </Menu.Item>
      <Menu.Item
        className={className}
        leftSection={<EyeOff size={15} />}
        rightSection={<Kbd size="xs">Shift H</Kbd>}
        onClick={toggleDiscreet}
      >
        {discreet ? "Show amounts" : "Hide amounts"}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item className={className} leftSection={<LogOut size={15} />} onClick={() => signingOut.mutate()}>
        Sign out
      </Menu.Item>
    </>
  )
}

/** The signed-in user: settings, appearance switches and sign-out. */
export function AccountMenu() {
  const { data: me } = useQuery(meQuery)
  const navigate = useNavigate()
  return (
    <Menu position="right-end" width={230} withArrow={false}>
      <Menu.Target>
        <button type="button" className={classes.place} aria-label="Account">
          <CircleUser size={17} />
          <span className={classes.word}>{me?.name || me?.email}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text component="span" display="block" size="xs" truncate>
            {me?.email}
          </Text>
        </Menu.Label>
        <Menu.Item leftSection={<Settings size={15} />} onClick={() => navigate({ to: "/settings" })}>
          Settings
        </Menu.Item>
        <Menu.Item leftSection={<FileUp size={15} />} onClick={() => navigate({ to: "/uploads" })}>
          Uploads
        </Menu.Item>
        <Menu.Item leftSection={<Activity size={15} />} onClick={() => navigate({ to: "/jobs" })}>
          Jobs and health
        </Menu.Item>
        <AccountItems />
      </Menu.Dropdown>
    </Menu>
  )
}
