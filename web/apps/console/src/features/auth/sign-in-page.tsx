import { SegmentedControl, Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useSearch } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import { type SignInMethod, signInMethodsQuery } from "@/lib/queries/auth"
import { AuthFrame } from "./auth-frame"
import { LinkForm } from "./link-form"
import { PasswordForm } from "./password-form"

const LABELS = { link: "E-mail link", password: "Password" }

export function SignInPage() {
  const { next, ended } = useSearch({ from: "/sign-in" })
  const { data: methods } = useQuery(signInMethodsQuery)
  return (
    <AuthFrame title="Sign in">
      {ended && (
        <Text size="sm" mb="md" role="status">
          Your session has ended. Sign in to continue where you left off.
        </Text>
      )}
      {methods ? <Ways methods={methods} next={next} /> : <Skeleton height={180} />}
    </AuthFrame>
  )
}

function Ways({ methods, next }: { methods: SignInMethod[]; next: string | undefined }) {
  const [method, setMethod] = useState<SignInMethod>(methods[0] ?? "link")
  const [email, setEmail] = useState("")
  const form = useRef<HTMLDivElement>(null)
  // On arrival alone: with the arrow keys, the focus stays on the choice of the method.
  useEffect(() => form.current?.querySelector<HTMLInputElement>("input[type=email]")?.focus(), [])
  const sendLink = (address: string) => {
    setEmail(address)
    setMethod("link")
  }
  return (
    <>
      <SegmentedControl
        fullWidth
        data={methods.map((value) => ({ value, label: LABELS[value] }))}
        value={method}
        onChange={(value) => setMethod(methods.find((one) => one === value) ?? "link")}
        mb="md"
        aria-label="Sign-in method"
      />
      <div ref={form}>
        {method === "link" ? (
          <LinkForm next={next} email={email} />
        ) : (
          <PasswordForm next={next} onLink={sendLink} />
        )}
      </div>
    </>
  )
}
