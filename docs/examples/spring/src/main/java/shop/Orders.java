package shop;

import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Knows the orders. */
@Profile("orders")
@RestController
class Orders {
    private final String version;

    Orders(@Value("${shop.version:dev}") String version) {
        this.version = version;
    }

    @GetMapping("/orders/{id}")
    Map<String, String> order(@PathVariable String id) throws InterruptedException {
        Thread.sleep(10);
        return Map.of("id", id, "state", "shipped", "told by", "orders " + version);
    }
}
