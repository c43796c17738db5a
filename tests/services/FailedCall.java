import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.Supplier;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.rpc.AsyncRpcResult;
import org.apache.dubbo.rpc.Invocation;
import org.apache.dubbo.rpc.Invoker;
import org.apache.dubbo.rpc.RpcException;
import org.apache.dubbo.rpc.RpcInvocation;
import shop.Departures;

/** Prints what the sample answers where its call fails: "thrown" as over dubbo, or "returned" with its error as over tri. */
public final class FailedCall {
    private static final RpcException CUT = new RpcException("the stream was cut");

    public static void main(String[] how) throws Exception {
        Invocation invocation = new RpcInvocation();
        Invoker<?> provider = (Invoker<?>) Proxy.newProxyInstance(
                FailedCall.class.getClassLoader(), new Class<?>[] {Invoker.class}, (self, asked, given) -> switch (asked.getName()) {
                    case "getUrl" -> URL.valueOf("tri://127.0.0.1:1/shop.Orders?incarnation=orders-01.1");
                    case "invoke" -> failed(how[0], invocation);
                    default -> throw new UnsupportedOperationException(asked.getName());
                });
        Supplier<String> call = () -> {
            new Departures.Heeding().invoke(provider, invocation);
            throw CUT; // so does Dubbo's proxy with an error that is in a result
        };
        Constructor<?> made = Class.forName("shop.Caller").getDeclaredConstructor(String.class, String.class);
        Method calls = made.getDeclaringClass().getDeclaredMethod("call", Supplier.class);
        Method text = calls.getReturnType().getDeclaredMethod("text");
        made.setAccessible(true);
        calls.setAccessible(true);
        text.setAccessible(true);
        System.out.println(text.invoke(calls.invoke(made.newInstance("storefront", "orders"), call)));
    }

    private static AsyncRpcResult failed(String how, Invocation invocation) {
        if (how.equals("thrown")) {
            throw CUT;
        }
        return AsyncRpcResult.newDefaultAsyncResult(CUT, invocation);
    }
}
