package shop;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

/** What customers see: asks the orders service, wherever the registry says that it is. */
@Profile("storefront")
@RestController
class Storefront {
    private final RestClient orders;

    Storefront(RestClient.Builder balanced) {
        orders = balanced.baseUrl("http://orders").build();
    }

    @GetMapping("/my/orders/{id}")
    Map<?, ?> order(@PathVariable String id) {
        return orders.get().uri("/orders/{id}", id).retrieve().body(Map.class);
    }
}

@Profile("storefront")
@Configuration(proxyBeanMethods = false)
class Balanced {
    @Bean
    @LoadBalanced
    RestClient.Builder builder() {
        // The JDK's client: the one that Eureka's client brings along sends a refused request again by itself.
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(1)).build();
        return RestClient.builder().requestFactory(new JdkClientHttpRequestFactory(client));
    }
}
