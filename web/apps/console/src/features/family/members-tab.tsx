import { Badge, Button, Group, Menu, Select, Stack, Switch, Text, TextInput } from "@mantine/core"
import { Link, useNavigate } from "@tanstack/react-router"
import { date, instant, words } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { CopyField } from "@/components/copy/copy-field"
import { Confirm } from "@/components/dialog/confirm"
import { Section } from "@/components/page/section"
import { Failure } from "@/components/states/failure"
import {
  type FamilyGroup,
  type FamilyMember,
  familyCalls,
  type GivenRole,
  type Pending,
  type Share,
} from "@/lib/queries/family"
import classes from "./family.module.css"
import { NewGroup } from "./new-group"
import { useChange } from "./use-change"

/** Who is in a group, who is invited, and what the person shares there. */
export function MembersTab({ group }: { group: FamilyGroup }) {
  const mayInvite = group.my_role !== "member"
  return (
    <Stack gap="md" mt="md">
      <OwnShare group={group} />
      <Members group={group} />
      {mayInvite && <Invite group={group} />}
      {group.invitations.length > 0 && (
        <Section title="Invitations without an answer" flush>
          <ul className={classes.people}>
            {group.invitations.map((one) => (
              <PendingRow key={one.id} group={group.id} invitation={one} />
            ))}
          </ul>
        </Section>
      )}
      <Ends group={group} />
      <Section title="Another group" note="You can be in ten.">
        <NewGroup />
      </Section>
    </Stack>
  )
}

const AMOUNTS = [
  { value: "percent", label: "Percentages only" },
  { value: "full", label: "Amounts in full" },
  { value: "hidden", label: "Only my name" },
]

function OwnShare({ group }: { group: FamilyGroup }) {
  const me = group.members.find(({ is_you }) => is_you)
  const save = useChange(
    (body: Share) => familyCalls.share(group.id, body),
    "The others see it so from now on",
    "What you share was not changed",
  )
  if (!me) return null
  const current = me.share
  const change = (next: Partial<Share>) => save.mutate({ ...current, ...next })
  const part = (name: "holdings" | "positions" | "mutual_funds", label: string) => (
    <Switch
      size="xs"
      label={label}
      checked={current[name]}
      disabled={save.isPending}
      onChange={(event) => change({ [name]: event.currentTarget.checked })}
    />
  )
  return (
    <Section title="What the others see of you" note="It holds from the next look on.">
      <Group gap="lg" align="flex-end">
        <Select
          label="Amounts"
          data={AMOUNTS}
          value={current.amounts}
          disabled={save.isPending}
          onChange={(next) => next && change({ amounts: next as Share["amounts"] })}
        />
        {part("holdings", "Shares and cash")}
        {part("positions", "Positions")}
        {part("mutual_funds", "Mutual funds")}
      </Group>
    </Section>
  )
}

function Members({ group }: { group: FamilyGroup }) {
  return (
    <Section title={group.name} flush>
      <ul className={classes.people}>
        {group.members.map((one) => (
          <MemberRow key={one.user_id} group={group} member={one} />
        ))}
      </ul>
    </Section>
  )
}

type Asked = "remove" | "transfer" | null

function MemberRow({ group, member }: { group: FamilyGroup; member: FamilyMember }) {
  const [asked, setAsked] = useState<Asked>(null)
  const isOwner = group.my_role === "owner"
  const mayRemove = !member.is_you && (isOwner || (group.my_role === "admin" && member.role === "member"))
  const name = member.display_name
  const close = () => setAsked(null)
  const setRole = useChange(
    (role: GivenRole) => familyCalls.setRole(group.id, member.user_id, role),
    `${name}'s role is changed`,
    "The role was not changed",
  )
  const remove = useChange(
    () => familyCalls.removeMember(group.id, member.user_id),
    `${name} is removed`,
    `${name} was not removed`,
    close,
  )
  const transfer = useChange(
    () => familyCalls.transfer(group.id, member.user_id),
    `${name} is the owner`,
    "The group was not handed over",
    close,
  )
  return (
    <li>
      <div>
        <Text size="sm" fw={550}>
          {name} {member.is_you && "(you)"} <Badge color="gray">{words(member.role)}</Badge>
        </Text>
        {member.is_you && /^User \d+$/.test(name) && (
          <Text size="xs">
            Set your name under <Link to="/settings">Settings, Profile</Link>, so that the others recognise
            you.
          </Text>
        )}
        <Text size="xs" c="dimmed">
          Since {date(member.joined_at)}; shares{" "}
          {member.share.amounts === "full"
            ? "amounts in full"
            : member.share.amounts === "percent"
              ? "percentages"
              : "nothing"}
        </Text>
      </div>
      {mayRemove && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="compact-sm" variant="default" aria-label={`Change ${name}`}>
              Change
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {isOwner && (
              <Menu.Item onClick={() => setRole.mutate(member.role === "admin" ? "member" : "admin")}>
                {member.role === "admin" ? "Make a member" : "Make an admin"}
              </Menu.Item>
            )}
            {isOwner && <Menu.Item onClick={() => setAsked("transfer")}>Hand the group over</Menu.Item>}
            <Menu.Item color="red" onClick={() => setAsked("remove")}>
              Remove
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {asked === "remove" && (
        <Confirm
          opened
          title={`Remove ${name}?`}
          verb="Remove"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate()}
          onClose={close}
        >
          Neither sees the other's wealth any more, at once. Nobody's own data is touched.
        </Confirm>
      )}
      {asked === "transfer" && (
        <Confirm
          opened
          title={`Hand the group over to ${name}?`}
          verb="Hand over"
          isBusy={transfer.isPending}
          onConfirm={() => transfer.mutate()}
          onClose={close}
        >
          The new owner gives roles and can delete the group; you cannot take it back yourself.
        </Confirm>
      )}
    </li>
  )
}

function Invite({ group }: { group: FamilyGroup }) {
  const [email, setEmail] = useState("")
  const [role, setRole] = useState<GivenRole>("member")
  const [link, setLink] = useState<string | null>(null)
  const invite = useChange(
    async () => setLink((await familyCalls.invite(group.id, email.trim(), role)).link),
    "Invited",
    "The invitation was not sent",
    () => setEmail(""),
  )
  return (
    <Section title="Invite" note="By a link that works once, within 7 days.">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (email.trim()) invite.mutate()
        }}
      >
        <Stack gap="sm">
          <Group gap="sm" align="flex-end">
            <TextInput
              size="xs"
              type="email"
              label="E-mail"
              placeholder="asha@example.com"
              maxLength={254}
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            {group.my_role === "owner" && (
              <Select
                label="Role"
                data={[
                  { value: "member", label: "Member: sees the own part" },
                  { value: "admin", label: "Admin: sees what all share" },
                ]}
                value={role}
                onChange={(next) => setRole((next ?? "member") as GivenRole)}
              />
            )}
            <Button type="submit" loading={invite.isPending} disabled={!email.trim()}>
              Invite
            </Button>
          </Group>
          <Failure error={invite.error} title="The invitation was not sent" />
          {link && (
            <div>
              <Text size="xs" c="dimmed" mb={4}>
                Sent by mail too. This link is shown once: whoever has it can accept.
              </Text>
              <CopyField value={link} label="the link of the invitation" />
            </div>
          )}
        </Stack>
      </form>
    </Section>
  )
}

function PendingRow({ group, invitation }: { group: number; invitation: Pending }) {
  const withdraw = useChange(
    () => familyCalls.withdraw(group, invitation.id),
    "Withdrawn",
    "The invitation was not withdrawn",
  )
  return (
    <li>
      <div>
        <Text size="sm">{invitation.email}</Text>
        <Text size="xs" c="dimmed">
          {words(invitation.role)}, until {instant(invitation.expires_at)}
        </Text>
      </div>
      <Button
        size="compact-sm"
        variant="default"
        loading={withdraw.isPending}
        onClick={() => withdraw.mutate()}
        aria-label={`Withdraw the invitation of ${invitation.email}`}
      >
        Withdraw
      </Button>
    </li>
  )
}

/** Leaving, or deleting the whole group. */
function Ends({ group }: { group: FamilyGroup }) {
  const navigate = useNavigate()
  const [isAsked, setAsked] = useState(false)
  const isOwner = group.my_role === "owner"
  const end = useChange(
    () => (isOwner ? familyCalls.remove(group.id) : familyCalls.leave(group.id)),
    isOwner ? `${group.name} is deleted` : `You left ${group.name}`,
    isOwner ? "The group was not deleted" : "You are still in the group",
    () => void navigate({ to: "/family", search: {} }),
  )
  return (
    <Section title={isOwner ? "Delete the group" : "Leave the group"}>
      <Group gap="sm">
        <Button color="red" variant="light" onClick={() => setAsked(true)}>
          {isOwner ? "Delete" : "Leave"}
        </Button>
        {isOwner && (
          <Text size="sm" c="dimmed">
            To leave without deleting it, hand it over first.
          </Text>
        )}
      </Group>
      {isAsked && (
        <Confirm
          opened
          title={isOwner ? `Delete ${group.name}?` : `Leave ${group.name}?`}
          verb={isOwner ? "Delete" : "Leave"}
          isBusy={end.isPending}
          onConfirm={() => end.mutate()}
          onClose={() => setAsked(false)}
        >
          {isOwner
            ? "Its members do not see each other any more, at once. Nobody's own data is touched."
            : "You and the others do not see each other any more, at once. Your own data is not touched."}
        </Confirm>
      )}
    </Section>
  )
}
