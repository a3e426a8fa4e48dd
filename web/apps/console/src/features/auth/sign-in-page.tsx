import { SegmentedControl, Text } from "@mantine/core"
import { useSearch } from "@tanstack/react-router"
import { useState } from "react"
import { AuthFrame } from "./auth-frame"
import { LinkForm } from "./link-form"
import { PasswordForm } from "./password-form"

const WAYS = [
  { value: "link", label: "E-mail link" },
  { value: "password", label: "Password" },
]

export function SignInPage() {
  const { next, ended } = useSearch({ from: "/sign-in" })
  const [method, setMethod] = useState("link")
  const [email, setEmail] = useState("")
  const sendLink = (address: string) => {
    setEmail(address)
    setMethod("link")
  }
  return (
    <AuthFrame title="Sign in">
      {ended && (
        <Text size="sm" mb="md" role="status">
          Your session has ended. Sign in to continue where you left off.
        </Text>
      )}
      <SegmentedControl
        fullWidth
        data={WAYS}
        value={method}
        onChange={setMethod}
        mb="md"
        aria-label="Sign-in method"
      />
      {method === "link" ? (
        <LinkForm next={next} email={email} />
      ) : (
        <PasswordForm next={next} onLink={sendLink} />
      )}
    </AuthFrame>
  )
}
