import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { Announcer } from "./navigation/announcer";
import { Boundary } from "./navigation/boundary";
import { Private } from "./navigation/private";
import { HomePage } from "./pages/home/home-page";
import { Footer } from "./parts/footer";
import { Header } from "./parts/header";
import { Loading } from "./parts/loading";

const TicketPage = lazy(() => import("./pages/ticket/ticket-page"));
const EditPage = lazy(() => import("./pages/edit/edit-page"));
const SellPage = lazy(() => import("./pages/sell/sell-page"));
const MinePage = lazy(() => import("./pages/mine/mine-page"));
const OrderPage = lazy(() => import("./pages/order/order-page"));
const ReceiptPage = lazy(() => import("./pages/receipt/receipt-page"));
const OrdersPage = lazy(() => import("./pages/orders/orders-page"));
const SignInPage = lazy(() => import("./pages/sign-in/sign-in-page"));
const SignUpPage = lazy(() => import("./pages/sign-up/sign-up-page"));
const RecoverPage = lazy(() => import("./pages/recover/recover-page"));
const AccountPage = lazy(() => import("./pages/account/account-page"));
const OperatorPage = lazy(() => import("./pages/operator/operator-page"));
const Offline = lazy(() => import("./navigation/offline").catch(() => ({ default: () => null })));
const NotFoundPage = lazy(() => import("./pages/not-found/not-found-page"));

/** The frame around every page, and which address shows which. */
export function App() {
  return (
    <>
      <Announcer />
      <Header />
      <main id="content" tabIndex={-1}>
        <Suspense><Offline /></Suspense>
        <Boundary>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/" component={HomePage} />
              <Route path="/tickets/:id">{({ id }) => <TicketPage key={id} id={id} />}</Route>
              <Route path="/tickets/:id/edit">{({ id }) => <Private><EditPage key={id} id={id} /></Private>}</Route>
              <Route path="/sell"><Private><SellPage /></Private></Route>
              <Route path="/mine"><Private><MinePage /></Private></Route>
              <Route path="/orders"><Private><OrdersPage /></Private></Route>
              <Route path="/orders/:id">{({ id }) => <Private><OrderPage key={id} id={id} /></Private>}</Route>
              <Route path="/orders/:id/receipt">{({ id }) => <Private><ReceiptPage key={id} id={id} /></Private>}</Route>
              <Route path="/account"><Private><AccountPage /></Private></Route>
              <Route path="/operator"><Private><OperatorPage /></Private></Route>
              <Route path="/sign-in" component={SignInPage} />
              <Route path="/sign-up" component={SignUpPage} />
              <Route path="/recover" component={RecoverPage} />
              <Route component={NotFoundPage} />
            </Switch>
          </Suspense>
        </Boundary>
      </main>
      <Footer />
    </>
  );
}
